//! What every page must be: whole, offline, and readable without seeing it.

use scraper::{Html, Selector};

/// Parses a page as a browser does, and checks what every page must be.
pub fn parsed(html: &str) -> Html {
    let document = Html::parse_document(html);
    assert!(document.errors.is_empty(), "{:?}", document.errors);
    offline(html, &document);
    accessible(&document);
    assert!(!html.contains("NaN") && !html.contains("inf %"), "{html}");
    document
}

/// The elements that a selector of CSS finds.
pub fn all<'a>(document: &'a Html, selector: &str) -> Vec<scraper::ElementRef<'a>> {
    let selector = Selector::parse(selector).unwrap();
    document.select(&selector).collect()
}

/// Nothing in the page makes a browser ask for anything.
fn offline(html: &str, document: &Html) {
    let policy = all(document, "head > meta[http-equiv=Content-Security-Policy]");
    assert_eq!(
        policy[0].attr("content"),
        Some("default-src 'none'; img-src data:; style-src 'unsafe-inline'")
    );
    let allowed = [
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "nav",
        "main",
        "section",
        "h1",
        "h2",
        "h3",
        "p",
        "a",
        "dl",
        "dt",
        "dd",
        "div",
        "span",
        "strong",
        "code",
        "bdi",
        "sup",
        "br",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "figure",
        "figcaption",
        "img",
        "svg",
        "rect",
        "line",
        "polyline",
        "polygon",
        "circle",
        "text",
    ];
    for element in all(document, "*") {
        let name = element.value().name();
        assert!(allowed.contains(&name), "<{name}>");
        for (attribute, value) in element.value().attrs() {
            let is_fine = match attribute {
                "src" => name == "img" && value.starts_with("data:image/png;base64,"),
                "href" => name == "a" && value.starts_with('#'),
                "style" => false,
                _ => !attribute.starts_with("on") && !value.contains("url("),
            };
            assert!(is_fine, "<{name} {attribute}={value:?}>");
        }
    }
    let plain = html.replace("http://www.w3.org/2000/svg", "");
    for part in [
        "http:", "https:", "url(", "@import", "<script", "<link", "<base",
    ] {
        assert!(!plain.contains(part), "{part}");
    }
    assert_eq!(
        plain.matches("src=").count(),
        plain.matches("src=\"data:image/png;base64,").count()
    );
}

fn accessible(document: &Html) {
    assert_eq!(document.root_element().attr("lang"), Some("en"));
    assert_eq!(all(document, "h1").len(), 1);
    for image in all(document, "img, div.plot, div.scroll") {
        let words = image.attr("alt").or(image.attr("aria-label"));
        assert!(words.is_some_and(|w| !w.trim().is_empty()), "{image:?}");
    }
    for head in all(document, "th") {
        assert!(matches!(head.attr("scope"), Some("col" | "row")));
    }
    // Headings go down a level at a time.
    let levels = all(document, "h1, h2, h3");
    let levels: Vec<u8> = levels
        .iter()
        .map(|h| h.value().name().as_bytes()[1])
        .collect();
    assert!(
        levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
        "{levels:?}"
    );
    // One of each id, and every link leads to one: several plots in a page could clash.
    let ids = all(document, "[id]");
    let mut ids: Vec<&str> = ids.iter().filter_map(|e| e.attr("id")).collect();
    ids.sort_unstable();
    assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{ids:?}");
    for link in all(document, "a[href]") {
        assert!(ids.contains(&&link.attr("href").unwrap()[1..]));
    }
    // Whatever size a plot says, the page may scale it.
    for svg in all(document, "svg") {
        assert!(svg.attr("viewBox").is_some());
    }
}

/// Their texts.
pub fn texts(document: &Html, selector: &str) -> Vec<String> {
    let found = all(document, selector);
    found.iter().map(|e| e.text().collect::<String>()).collect()
}
