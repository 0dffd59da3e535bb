//! Whether the host says what the record claims.

use vwi_core::federation::Refusal;
use vwi_core::text::escape;
use vwi_core::translation::{Grade, Judgement};

use crate::work::Work;

/// Returns the grade that the host gives the claim; `None` if it could not look.
pub(super) fn agreed(work: &Work, judgement: &Judgement) -> Result<Option<Grade>, Refusal> {
    let claimed = work.host.as_ref();
    let claimed_name = claimed.map(|host| format!("{}/{}", host.namespace, host.name));
    let claimed_name = escape(&claimed_name.unwrap_or_default());
    let (Some(grade), Some(host)) = (judgement.grade, &judgement.host) else {
        return Err(Refusal {
            reason: judgement.reason,
            message: format!("claimed is `{claimed_name}`, but {}", judgement.message),
            hint: judgement.hint.clone(),
        });
    };
    if claimed.map(|claimed| (&claimed.namespace, &claimed.name))
        != Some((&host.namespace, &host.name))
    {
        return Err(Refusal {
            reason: "SubjectDiffers",
            message: format!(
                "the record claims `{claimed_name}`, but the host calls `{}` `{}/{}`",
                work.key(),
                escape(&host.namespace),
                escape(&host.name)
            ),
            hint: Some("run `kubectl vwi translate` again".to_owned()),
        });
    }
    let claimed_uid = claimed.and_then(|claimed| claimed.uid.as_deref());
    if let (Some(claimed_uid), Some(uid)) = (claimed_uid, host.uid.as_deref())
        && claimed_uid != uid
    {
        return Err(Refusal {
            reason: "OtherUid",
            message: format!(
                "the record saw host ServiceAccount `{claimed_name}` with uid `{}`, now it has \
                 `{}`: it was made again",
                escape(claimed_uid),
                escape(uid)
            ),
            hint: Some("run `kubectl vwi translate` again".to_owned()),
        });
    }
    // What the host could not show leaves the claim as it was.
    Ok((grade > work.grade).then_some(grade))
}
