//! Lists, page by page. The next page is asked for while this one is still coming, so that the API
//! server works on it meanwhile; there are never more than these two.

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, ready, select};
use hyper::body::Bytes;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;
use vwi_core::list::Page;

use super::{Ask, Refusal, not_understood};
use crate::cluster::Cluster;
use crate::error::{ApiCause, ApiError};
use crate::path::with_query;

/// Objects in one page of a list.
const PAGE: &str = "500";

/// One list: what, where, and which of it.
pub(crate) struct List<'a> {
    pub(crate) object: String,
    pub(crate) path: String,
    pub(crate) labels: Option<&'a str>,
    pub(crate) fields: Option<&'a str>,
}

/// The pages of a list, in their order.
pub(crate) struct Pages<'a> {
    cluster: &'a Cluster,
    list: List<'a>,
    limit: Option<&'static str>,
    coming: Option<Coming<'a>>,
}

/// A page that is asked for, once this is polled.
struct Coming<'a> {
    /// The token that it is asked for with; empty for the first one.
    token: String,
    /// The token of the page after it, where it tells that early.
    next: oneshot::Receiver<String>,
    answer: BoxFuture<'a, Result<Bytes, Refusal>>,
}

/// A page as it came.
pub(crate) struct Received {
    /// Whether the list begins with it, so that whatever was read before does not count.
    pub(crate) is_first: bool,
    bytes: Bytes,
}

impl Cluster {
    /// Lists everything, page by page.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        list: List<'_>,
    ) -> Result<Vec<T>, ApiError> {
        self.list_kept(list, Some).await
    }

    /// The same, keeping of each item only what `keep` makes of it, page by page.
    pub(crate) async fn list_kept<T: DeserializeOwned, U>(
        &self,
        list: List<'_>,
        mut keep: impl FnMut(T) -> Option<U>,
    ) -> Result<Vec<U>, ApiError> {
        let mut pages = Pages::new(self, list);
        let mut items: Vec<U> = Vec::new();
        while let Some(page) = pages.receive().await? {
            if page.is_first {
                items.clear();
            }
            let page_items = pages.read(&page, |bytes| serde_json::from_slice(bytes))?;
            items.extend(page_items.into_iter().filter_map(&mut keep));
        }
        Ok(items)
    }
}

impl<'a> Pages<'a> {
    pub(crate) fn new(cluster: &'a Cluster, list: List<'a>) -> Self {
        let mut pages = Self {
            cluster,
            list,
            limit: Some(PAGE),
            coming: None,
        };
        pages.coming = Some(pages.ask(String::new()));
        pages
    }

    /// Receives a page, which is then to be read; `None` after the last one.
    pub(crate) async fn receive(&mut self) -> Result<Option<Received>, ApiError> {
        while let Some(coming) = self.coming.take() {
            let is_first = coming.token.is_empty();
            let (answer, next) = self.follow(coming).await;
            self.coming = next;
            match answer {
                Ok(bytes) => return Ok(Some(Received { is_first, bytes })),
                // The snapshot of the first page is compacted away: once more in one piece, as
                // client-go's pager does.
                Err(Refusal {
                    cause: ApiCause::Refused { code: 410, .. },
                    ..
                }) if !is_first => {
                    self.limit = None;
                    self.coming = Some(self.ask(String::new()));
                }
                Err(refusal) => return Err(self.error(refusal.cause)),
            }
        }
        Ok(None)
    }

    /// Reads the page that was received last.
    pub(crate) fn read<T>(
        &mut self,
        page: &Received,
        read: impl FnOnce(&[u8]) -> serde_json::Result<Page<T>>,
    ) -> Result<Vec<T>, ApiError> {
        let read = read(&page.bytes);
        let read = read.map_err(|error| self.error(not_understood(&page.bytes, &error)))?;
        let (items, next) = read.into_parts();
        self.go_on(next);
        Ok(items)
    }

    /// Waits for a page, and asks for the one after it as soon as the first of its bytes tell how.
    async fn follow(&mut self, coming: Coming<'a>) -> (Result<Bytes, Refusal>, Option<Coming<'a>>) {
        let (token, answer) = match select(coming.answer, coming.next).await {
            Either::Left((answer, mut next)) => {
                return (answer, next.try_recv().ok().map(|token| self.ask(token)));
            }
            Either::Right((Err(_untold), answer)) => return (answer.await, None),
            Either::Right((Ok(token), answer)) => (token, answer),
        };
        let ahead = self.ask(token);
        let (answer, ahead_answer) = match select(answer, ahead.answer).await {
            Either::Left((answer, ahead_answer)) => (answer, ahead_answer),
            Either::Right((ahead_answer, answer)) => (answer.await, ready(ahead_answer).boxed()),
        };
        let ahead = Coming {
            answer: ahead_answer,
            ..ahead
        };
        (answer, Some(ahead))
    }

    /// Goes on with the page of this token, which may be on its way; ends the list without one.
    fn go_on(&mut self, token: String) {
        let ahead = self.coming.take();
        if !token.is_empty() {
            let ahead = ahead.filter(|page| page.token == token);
            self.coming = Some(ahead.unwrap_or_else(|| self.ask(token)));
        }
    }

    fn ask(&self, token: String) -> Coming<'a> {
        let path = with_query(
            &self.list.path,
            &[
                ("labelSelector", self.list.labels),
                ("fieldSelector", self.list.fields),
                ("limit", self.limit),
                ("continue", Some(&*token).filter(|token| !token.is_empty())),
            ],
        );
        let cluster = self.cluster;
        let (told, next) = oneshot::channel();
        let answer = async move {
            cluster
                .send(&Ask::get(String::new(), &path), Some(told))
                .await
        };
        Coming {
            token,
            next,
            answer: answer.boxed(),
        }
    }

    fn error(&self, cause: ApiCause) -> ApiError {
        self.cluster.error("list", self.list.object.clone(), cause)
    }
}

#[cfg(test)]
mod tests;
