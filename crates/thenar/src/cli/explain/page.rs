//! `index.html`: the pictures in the order of the way.

use std::path::Path;

use super::Content;

/// What each stage is, in a sentence.
fn sentence(stage: &str) -> &'static str {
    match stage {
        "photo" => {
            "The photo, and what the localizer sees of it: letterboxed, with its contrast equalised."
        }
        "hand" => {
            "Key points (red: doubted) and the region they span; the edges as the network sees them."
        }
        "roi" => "The region of interest: fingers up, thumb on the right.",
        "feature" => "The feature: numbers of norm 1.",
        "bits" => "Level 1: bits under a token that was thrown away.",
        "record" => "Level 2: the sealed record, all that a store keeps.",
        "hash" => {
            "The palm hash: the signs of the feature's largest numbers. With a passphrase it becomes a key; it is never kept."
        }
        _ => "",
    }
}

/// The page.
pub(super) fn html(
    photo: &Path,
    files: &[(&'static str, String, Content)],
    problem: Option<&str>,
) -> String {
    let title = escaped(&photo.display().to_string());
    let mut body = format!("<h1>{title}</h1>\n");
    let mut last = "";
    for (stage, name, content) in files {
        if *stage != last {
            body += &format!("<h2>{stage}</h2>\n<p>{}</p>\n", sentence(stage));
            last = stage;
        }
        body += &match content {
            Content::Picture(_) => format!("<img src=\"{name}\" alt=\"{name}\">\n"),
            Content::Text(text) => format!("<pre>{}</pre>\n", escaped(text)),
        };
    }
    if let Some(problem) = problem {
        body += &format!("<h2>rejected</h2>\n<p>{}</p>\n", escaped(problem));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
         <style>body{{font:16px sans-serif;max-width:60em;margin:2em auto}}img{{max-width:100%;margin:0 1em 1em 0}}\
         pre{{overflow:auto;background:#eee;padding:1em}}</style></head>\n<body>\n{body}</body></html>\n"
    )
}

/// A file name may hold anything.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_stay_text() {
        let page = html(Path::new("<script>&.jpg"), &[], Some("a \"problem\""));
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;&amp;.jpg"));
        assert!(page.contains("a &quot;problem&quot;"));
    }
}
