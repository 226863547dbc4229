//! The wish to stop, known to every task of the mappings.

use tokio::sync::watch;

#[derive(Clone, Debug)]
pub(super) struct Stop(watch::Receiver<bool>);

impl Stop {
    /// The wish, and who may utter it: send `true`. Dropping the sender is a wish too.
    pub(super) fn channel() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self(receiver))
    }

    #[cfg(test)]
    pub(super) fn never() -> Self {
        let (sender, receiver) = watch::channel(false);
        std::mem::forget(sender);
        Self(receiver)
    }

    pub(super) fn is_requested(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    pub(super) async fn requested(&self) {
        // An error means that whoever could have asked is gone. What is returned is a lock.
        drop(self.0.clone().wait_for(|stop| *stop).await);
    }
}
