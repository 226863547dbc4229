//! A token bucket, as API Gateway throttles with: so many at once, and so many more each second.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html>

use parking_lot::Mutex;
use tokio::time::Instant;

/// How many may pass.
#[derive(Debug)]
pub(crate) struct Throttle {
    rate: f64,
    burst: f64,
    bucket: Mutex<Bucket>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled: Instant,
}

impl Throttle {
    /// `rate` each second, and `burst` at once. A burst of less than 1 lets nothing pass.
    pub(crate) fn new(rate: f64, burst: f64) -> Self {
        Self { rate, burst, bucket: Mutex::new(Bucket { tokens: burst, filled: Instant::now() }) }
    }

    /// Whether one more may pass now; if so, it has.
    pub(crate) fn admits(&self) -> bool {
        let mut bucket = self.bucket.lock();
        let now = Instant::now();
        let new = now.duration_since(bucket.filled).as_secs_f64() * self.rate;
        bucket.tokens = (bucket.tokens + new).min(self.burst);
        bucket.filled = now;
        let admits = bucket.tokens >= 1.0;
        if admits {
            bucket.tokens -= 1.0;
        }
        admits
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_at_once_and_then_the_rate() {
        let throttle = Throttle::new(10.0, 3.0);
        let passed = || (0..20).filter(|_| throttle.admits()).count();
        assert_eq!(passed(), 3);
        tokio::time::advance(Duration::from_millis(205)).await;
        assert_eq!(passed(), 2);
        // What nobody used is not saved up beyond the burst.
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(passed(), 3);
    }

    #[test]
    fn a_burst_of_nothing_lets_nothing_pass() {
        assert!(!Throttle::new(10.0, 0.0).admits());
    }
}
