//! Where the key goes: to the Platform whose certificate was verified, and nowhere else.

use vwi_core::exit::Explain;
use vwi_test_platform::{Options, Server};
use vwi_test_server::Tls;

use crate::scene::{KEY, at, contents};

#[tokio::test]
async fn a_server_that_is_not_verified_never_sees_the_key() {
    let other = Tls::generate().unwrap().ca_pem;
    for (tls, what) in [
        (Tls::self_signed().unwrap(), "signed by itself"),
        (Tls::generate().unwrap(), "of an unknown authority"),
        (
            Tls::generate_for(&["platform.example.com"]).unwrap(),
            "for another name",
        ),
    ] {
        let trusts_it = what == "for another name";
        let roots = if trusts_it {
            tls.ca_pem.clone()
        } else {
            other.clone()
        };
        let server = Server::start(Options::new(tls, contents())).unwrap();
        let error = at(&server.url(), KEY, &[roots]).myself().await.unwrap_err();
        let text = error.in_one_line();
        assert!(
            text.contains(
                "its certificate can't be verified, or TLS failed; the access key was not sent"
            ),
            "{what}: {text}"
        );
        let hint = error.hint().unwrap();
        assert!(
            hint.contains("`--platform-certificate-authority FILE`"),
            "{hint}"
        );
        assert_eq!(server.requests(), [], "{what}");
    }
}

#[tokio::test]
async fn a_certificate_signed_by_itself_is_verified_against_itself() {
    let tls = Tls::self_signed().unwrap();
    let server = Server::start(Options::new(tls, contents())).unwrap();
    let platform = at(&server.url(), KEY, &[server.ca_pem().to_owned()]);
    assert!(platform.myself().await.is_ok());
    let seen = server.requests().pop().unwrap();
    assert_eq!(seen.authorization, Some(format!("Bearer {KEY}")));
}

#[tokio::test]
async fn nothing_that_is_shown_holds_the_key() {
    let server = Server::start(Options::new(Tls::generate().unwrap(), contents())).unwrap();
    let platform = at(&server.url(), "geheim", &[server.ca_pem().to_owned()]);
    let error = platform.myself().await.unwrap_err();
    let shown = format!("{platform:?} {error:?} {}", error.in_one_line());
    assert!(!shown.contains("geheim"), "{shown}");
}
