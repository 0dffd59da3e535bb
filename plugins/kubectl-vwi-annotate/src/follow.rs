//! Waits until the host's copies show what was written in the tenant.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use vwi_cli::talk::Talk;
use vwi_core::annotation::KEYS;
use vwi_core::record::HostServiceAccount;
use vwi_core::text::escape;
use vwi_kubernetes::Host;

use crate::args::AnnotateArgs;
use crate::assign::Assigned;
use crate::work::{Verdict, Work};
use crate::{Limits, copies};

/// Time for the first record; vCluster's own pace is some 8 ms.
const BASE: Duration = Duration::from_secs(30);
/// Records for which one more second is given: vCluster writes at most 40 a second.
const RECORDS_A_SECOND: u32 = 20;
/// Pauses between two looks.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// One host ServiceAccount, and what it is to show.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) index: usize,
    pub(crate) account: HostServiceAccount,
    pub(crate) annotations: BTreeMap<String, String>,
}

/// Waits for the hosts of all clusters at once; returns the records whose copies did not come to
/// show what was written, each with what stands there instead.
pub(crate) async fn follow_all(
    assigned: &Assigned,
    works: &[Work],
    arguments: &AnnotateArgs,
    limits: &Limits,
    talk: &Talk,
) -> Vec<(usize, String)> {
    if arguments.remove || !arguments.wait {
        return Vec::new();
    }
    let is_done = |index: &usize| {
        let work = works.get(*index);
        work.is_some_and(|work| matches!(work.verdict, Some(Verdict::Done { .. })))
    };
    let followed = assigned.by_target().filter_map(|(target, of)| {
        let proven = target.host.as_ref()?;
        let done: Vec<usize> = of.into_iter().filter(is_done).collect();
        Some(async move {
            let expected = copies::expected(proven, works, done, limits, talk).await;
            let concurrency = usize::from(arguments.concurrency);
            follow(&proven.host, expected, concurrency, limits).await
        })
    });
    join_all(followed).await.concat()
}

async fn follow(
    host: &Host,
    expected: Vec<Expected>,
    concurrency: usize,
    limits: &Limits,
) -> Vec<(usize, String)> {
    let interrupt = &limits.interrupt;
    let count = u32::try_from(expected.len()).unwrap_or(u32::MAX);
    let deadline = Instant::now() + BASE + Duration::from_secs(1) * (count / RECORDS_A_SECOND);
    let deadline = limits.end.map_or(deadline, |end| deadline.min(end));
    let mut open = expected;
    let (mut pause, longest) = PAUSES;
    loop {
        let looked: Vec<(Expected, Option<String>)> = stream::iter(open)
            .map(|one| async {
                let differs = look(host, &one).await;
                (one, differs)
            })
            .buffer_unordered(concurrency)
            .collect()
            .await;
        let late: Vec<(Expected, String)> = looked
            .into_iter()
            .filter_map(|(one, differs)| Some((one, differs?)))
            .collect();
        if late.is_empty() || Instant::now() >= deadline || interrupt.is_requested() {
            return late
                .into_iter()
                .map(|(one, differs)| (one.index, differs))
                .collect();
        }
        open = late.into_iter().map(|(one, _)| one).collect();
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _reason = interrupt.requested() => {}
        }
        pause = (pause * 2).min(longest);
    }
}

/// Returns what is not as expected.
async fn look(host: &Host, expected: &Expected) -> Option<String> {
    let HostServiceAccount {
        namespace, name, ..
    } = &expected.account;
    let found = match host.service_account(namespace, name).await {
        Ok(Some(account)) => account.metadata.annotations,
        Ok(None) => {
            return Some(format!(
                "the host has no ServiceAccount `{namespace}/{name}`"
            ));
        }
        Err(error) => return Some(error.in_one_line()),
    };
    KEYS.into_iter().find_map(|key| {
        let wanted = expected.annotations.get(key)?;
        let found = found.get(key).map_or("", String::as_str);
        (found != wanted).then(|| {
            format!(
                "`{namespace}/{name}` on the host has {key} `{}`, the tenant has `{}`",
                escape(found),
                escape(wanted)
            )
        })
    })
}
