//! Every request of a run × everything that can go wrong with it, once and for good, as a table.

use std::fmt::Write as _;
use std::sync::Mutex;
use std::thread;

use snapbox::{assert_data_eq, file};
use vwi_test_azure::{Answer, Fault, Times};

use crate::scene::Finished;
use crate::story::{End, Story};

/// What it is, its method and a piece of its path.
const REQUESTS: [(&str, &str, &str); 12] = [
    ("token", "POST", "/oauth2/v2.0/token"),
    ("read cluster", "GET", "managedClusters/aks"),
    ("read identity", "GET", "userAssignedIdentities/app[?]"),
    (
        "list credentials",
        "GET",
        "app/federatedIdentityCredentials[?]",
    ),
    ("read group", "GET", "resourceGroups/rg[?]"),
    ("look up role", "GET", "roleDefinitions"),
    ("list assignments", "GET", "roleAssignments"),
    ("create identity", "PUT", "userAssignedIdentities/fresh[?]"),
    ("write credential", "PUT", "federatedIdentityCredentials/"),
    (
        "write credential, new",
        "PUT",
        "fresh/federatedIdentityCredentials/",
    ),
    ("assign role", "PUT", "roleAssignments/"),
    (
        "delete credential",
        "DELETE",
        "app/federatedIdentityCredentials/",
    ),
];

/// Cases side by side: nearly all of their time they wait.
const AT_ONCE: usize = 24;

/// How many times as much time a case gets that does not come out as it is known to: it was not
/// Azure if the machine is busy.
const PATIENCE: [u32; 3] = [1, 3, 9];

const GOLDEN: &str = include_str!("golden/faults.txt");

const CONCURRENT: &str = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity";

/// What goes wrong, whether after the effect, and whether it is repeated until the time is over.
fn faults() -> [(&'static str, Answer, bool, Lasting); 13] {
    let error = |status, code| Answer::error(status, code, "not now");
    [
        (
            "429, Retry-After",
            Answer::throttled(Some(1)),
            false,
            Lasting::Repeated,
        ),
        ("429", Answer::throttled(None), false, Lasting::Repeated),
        (
            "409 concurrent",
            error(409, CONCURRENT),
            false,
            Lasting::Repeated,
        ),
        (
            "500",
            error(500, "InternalServerError"),
            false,
            Lasting::Repeated,
        ),
        ("503", error(503, "ServerBusy"), false, Lasting::Repeated),
        ("reset before", Answer::Reset, false, Lasting::Repeated),
        ("reset after", Answer::Reset, true, Lasting::Repeated),
        (
            "slow body",
            Answer::Trickle {
                bytes: 1,
                interval_ms: 400,
            },
            true,
            Lasting::Repeated,
        ),
        (
            "cut body",
            Answer::Cut { bytes: 10 },
            true,
            Lasting::Repeated,
        ),
        (
            "html, 200",
            Answer::Html { status: 200 },
            false,
            Lasting::Bounded,
        ),
        (
            "garbage, 200",
            Answer::Garbage { status: 200 },
            false,
            Lasting::Bounded,
        ),
        (
            "html, 502",
            Answer::Html { status: 502 },
            true,
            Lasting::Repeated,
        ),
        (
            "403",
            error(403, "AuthorizationFailed"),
            false,
            Lasting::Bounded,
        ),
    ]
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lasting {
    /// Until the time is over.
    Repeated,
    /// A few times at most.
    Bounded,
}

/// Status and the records' reasons: of the one whose identity is there, and of the other.
fn outcome(finished: &Finished) -> String {
    let reasons = finished.conditions().into_iter().map(|(_, reason)| reason);
    let reasons: Vec<String> = reasons.collect();
    let reasons = if reasons.is_empty() {
        "nothing done".to_owned()
    } else {
        reasons.join("/")
    };
    format!("{} {reasons}", finished.status)
}

/// Runs with the fault the first time, and with the fault every time; each time once more without.
fn row(request: usize, fault: usize, times: u32) -> String {
    let (what, method, path) = REQUESTS[request];
    let end = if method == "DELETE" {
        End::TakenAway
    } else {
        End::Made
    };
    let (wrong, answer, after_effect, lasting) = faults()[fault].clone();
    let rule = |times| Fault {
        after_effect,
        ..Fault::new(method, path, answer.clone()).times(times)
    };

    let answer_within = format!("{}s", 5 * times);
    let case = format!("{what}, {wrong}, once");
    let story = Story::before(end);
    story.scene.world.add_fault(rule(Times::First(1))).unwrap();
    let once = story.run_to(
        end,
        &["--timeout", "5m", "--request-timeout", &answer_within],
    );
    story.assert_sound(&case);
    if once.status == 0 {
        story.assert_end(end, &case);
    }
    story.scene.world.remove_faults(None);
    story.scene.writes();
    let again = story.run_to(end, &["--timeout", "2m"]);
    assert_eq!(again.status, 0, "{case}: {}", again.stderr);
    story.assert_end(end, &case);
    if once.status == 0 {
        again.expect(0, &[("True", "Unchanged"); 2]);
        assert_eq!(story.scene.writes(), Vec::<String>::new(), "{case}");
    }

    let case = format!("{what}, {wrong}, for good");
    let story = Story::before(end);
    story.scene.world.add_fault(rule(Times::All)).unwrap();
    let time = match lasting {
        Lasting::Repeated => format!("{}s", 12 * times),
        Lasting::Bounded => "5m".to_owned(),
    };
    let flags = ["--timeout", &time, "--request-timeout", &answer_within];
    let always = story.run_to(end, &flags);
    story.assert_sound(&case);
    story.scene.world.remove_faults(None);
    let again = story.run_to(end, &["--timeout", "2m"]);
    assert_eq!(again.status, 0, "{case}: {}", again.stderr);
    story.assert_end(end, &case);
    let row = format!(
        "{what:<22} {wrong:<16} {:<29} {}",
        outcome(&once),
        outcome(&always)
    );
    row.trim_end().to_owned()
}

/// Returns the first row that fits, else the last.
fn until(rows: impl Iterator<Item = String>, fits: impl Fn(&String) -> bool) -> String {
    let mut last = String::new();
    for row in rows {
        last = row;
        if fits(&last) {
            break;
        }
    }
    last
}

#[test]
fn whatever_azure_does_the_run_ends_right_or_says_why_and_the_next_one_converges() {
    let faults = faults().len();
    let cases: Vec<(usize, usize)> = (0..REQUESTS.len())
        .flat_map(|request| (0..faults).map(move |fault| (request, fault)))
        .collect();
    let known: Vec<&str> = GOLDEN.lines().skip(1).collect();
    let next = Mutex::new(cases.iter().enumerate());
    let rows = Mutex::new(vec![String::new(); cases.len()]);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let case = next.lock().unwrap().next();
                    let Some((index, (request, fault))) = case else {
                        break;
                    };
                    let row = PATIENCE
                        .into_iter()
                        .map(|times| row(*request, *fault, times));
                    let row = until(row, |row| known.get(index) == Some(&row.as_str()));
                    rows.lock().unwrap()[index] = row;
                }
            });
        }
    });
    let mut table = format!(
        "{:<22} {:<16} {:<29} for good\n",
        "request", "fault", "once"
    );
    for row in rows.into_inner().unwrap() {
        writeln!(table, "{row}").unwrap();
    }
    assert_data_eq!(table, file!["golden/faults.txt"]);
}
