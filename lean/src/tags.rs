//! The elements and attributes that `view!` may name. What isn't here and is asked for doesn't compile: it is added.

use crate::element::Element;
use crate::value::IntoValue;

macro_rules! attributes {
    ($($method:ident $name:literal,)+) => {
        impl Element {
            $(
                pub fn $method(self, value: impl IntoValue) -> Self {
                    self.attr($name, value)
                }
            )+
        }
    };
}

attributes! {
    accept "accept",
    action "action",
    alt "alt",
    autocapitalize "autocapitalize",
    autocomplete "autocomplete",
    autofocus "autofocus",
    autoplay "autoplay",
    checked "checked",
    class "class",
    cols "cols",
    controls "controls",
    decoding "decoding",
    dir "dir",
    disabled "disabled",
    download "download",
    draggable "draggable",
    enctype "enctype",
    enterkeyhint "enterkeyhint",
    fetchpriority "fetchpriority",
    height "height",
    hidden "hidden",
    href "href",
    hreflang "hreflang",
    id "id",
    inputmode "inputmode",
    kind "kind",
    label "label",
    lang "lang",
    loading "loading",
    max "max",
    maxlength "maxlength",
    media "media",
    method "method",
    min "min",
    minlength "minlength",
    multiple "multiple",
    muted "muted",
    name "name",
    novalidate "novalidate",
    open "open",
    pattern "pattern",
    placeholder "placeholder",
    playsinline "playsinline",
    popover "popover",
    poster "poster",
    preload "preload",
    readonly "readonly",
    rel "rel",
    required "required",
    role "role",
    rows "rows",
    selected "selected",
    sizes "sizes",
    spellcheck "spellcheck",
    src "src",
    srclang "srclang",
    srcset "srcset",
    step "step",
    tabindex "tabindex",
    target "target",
    title "title",
    value "value",
    width "width",
    nonce "nonce",
    content "content",
    property "property",
    charset "charset",
    crossorigin "crossorigin",
    r#type "type",
    r#for "for",
    r#loop "loop",
    r#as "as",
    r#async "async",
    aria_activedescendant "aria-activedescendant",
    aria_atomic "aria-atomic",
    aria_busy "aria-busy",
    aria_checked "aria-checked",
    aria_controls "aria-controls",
    aria_current "aria-current",
    aria_describedby "aria-describedby",
    aria_disabled "aria-disabled",
    aria_expanded "aria-expanded",
    aria_haspopup "aria-haspopup",
    aria_hidden "aria-hidden",
    aria_invalid "aria-invalid",
    aria_keyshortcuts "aria-keyshortcuts",
    aria_label "aria-label",
    aria_labelledby "aria-labelledby",
    aria_level "aria-level",
    aria_live "aria-live",
    aria_modal "aria-modal",
    aria_orientation "aria-orientation",
    aria_pressed "aria-pressed",
    aria_relevant "aria-relevant",
    aria_required "aria-required",
    aria_roledescription "aria-roledescription",
    aria_selected "aria-selected",
    aria_valuemax "aria-valuemax",
    aria_valuemin "aria-valuemin",
    aria_valuenow "aria-valuenow",
    aria_valuetext "aria-valuetext",
}

macro_rules! elements {
    ($namespace:expr; $($tag:ident)+) => {
        $(
            pub fn $tag() -> $crate::element::Element {
                $crate::element::Element::new(stringify!($tag), $namespace)
            }
        )+
    };
}

pub mod html {
    elements! {
        None;
        a article aside b button canvas col datalist dd details dialog div dl dt em fieldset figcaption figure footer form h1 h2 h3 h4 header hr i img input kbd label legend li link main menu meta nav ol optgroup option output p picture pre progress script section select small source span strong summary sup table tbody td textarea th thead time tr track ul video code br
    }
}

#[expect(non_snake_case, reason = "as SVG spells them")]
pub mod svg {
    elements! {
        Some("http://www.w3.org/2000/svg");
        circle clipPath defs g image line path polygon polyline rect svg
    }
}
