//! Leptos as the pages see it: `app` knows this crate by the name of `leptos`.
//!
//! Leptos gives every element a type of its own, made of its attributes and children, and compiles the code that builds,
//! hydrates, changes and drops it for each. In the browser that was half of what a page's own code weighed. Here `view!`
//! makes the same elements of one type, [`Element`](element::Element); what may stand in them is a [`Node`](node::Node). The server
//! has Leptos as it is, and what it writes is what is hydrated here: whoever changes one walks through the same page with
//! the journeys.

pub use leptos::*;

#[cfg(feature = "hydrate")]
mod element;
#[cfg(feature = "hydrate")]
mod node;
#[cfg(feature = "hydrate")]
mod tags;
#[cfg(feature = "hydrate")]
mod value;

#[cfg(feature = "hydrate")]
pub mod prelude {
    pub use crate::node::IntoNode as IntoAny;
    pub use leptos::prelude::*;
}

/// Where `view!` looks for components.
#[cfg(feature = "hydrate")]
pub mod component {
    use crate::node::{Node, erase};
    pub use leptos::component::*;
    use leptos::prelude::RenderHtml;

    pub fn component_view<P, T: RenderHtml + 'static>(component: impl ComponentConstructor<P, T>, props: P) -> Node {
        erase(component.construct(props))
    }
}

/// Where `view!` looks for elements.
#[cfg(feature = "hydrate")]
pub mod tachys {
    pub use leptos::tachys::*;

    pub mod html {
        pub use leptos::tachys::html::*;

        pub mod element {
            pub use crate::tags::html::*;
        }
    }

    pub mod svg {
        pub use crate::tags::svg::*;
        pub use leptos::tachys::svg::InertElement;
    }
}
