//! A mapping is quick when something is written and quiet when nothing is.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::support::{Log, SOON, database, drained, mapping, ok, put, settings, start};

#[tokio::test]
async fn a_record_is_delivered_at_once_and_not_at_the_next_poll() {
    let (engine, clients) = database().await;
    let arrived = Arc::new(tokio::sync::Notify::new());
    let bell = Arc::clone(&arrived);
    let log = Log::default();
    let function = log.function(move |event| {
        bell.notify_one();
        ok(event)
    });
    let mappings = start(&engine, &clients, mapping(settings(), function)).await;
    drained(&mappings).await;
    let written = Instant::now();
    put(&clients, "blue", 1).await;
    tokio::time::timeout(SOON, arrived.notified()).await.unwrap();
    assert!(written.elapsed() < Duration::from_secs(2), "after {:?}", written.elapsed());
    mappings.shutdown(SOON).await;
}

#[derive(Debug)]
struct Count(Arc<AtomicUsize>);

impl aws_sdk_dynamodbstreams::config::Intercept for Count {
    fn name(&self) -> &'static str {
        "Count"
    }

    fn read_before_execution(
        &self,
        _context: &aws_sdk_dynamodbstreams::config::interceptors::BeforeSerializationInterceptorContextRef<
            '_,
        >,
        _config: &mut aws_sdk_dynamodbstreams::config::ConfigBag,
    ) -> Result<(), aws_sdk_dynamodbstreams::error::BoxError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn while_nothing_is_written_nothing_is_asked() {
    let (engine, mut clients) = database().await;
    let counted = Arc::new(AtomicUsize::new(0));
    let config = clients.streams.config().to_builder().interceptor(Count(Arc::clone(&counted))).build();
    clients.streams = aws_sdk_dynamodbstreams::Client::from_conf(config);
    let mappings = start(&engine, &clients, mapping(settings(), Log::default().function(ok))).await;
    drained(&mappings).await;
    let before = counted.load(Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(700)).await;
    let asked = counted.load(Ordering::SeqCst) - before;
    assert!(asked <= 1, "{asked} requests in 0.7 s of silence");
    mappings.shutdown(SOON).await;
}
