//! What search engines, chats and other sites are shown of the film. The server makes it, see [`domain::outside::head`].

use domain::outside::head::{Alternate, Head, Meta as Told};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{Link, Meta, Title};

pub fn head(title: String, head: Head) -> AnyView {
    let Head { canonical, meta, alternates, data } = head;
    let tell = |Told { is_property, name, content }: Told| {
        if is_property {
            view! { <Meta property=name content=content /> }.into_any()
        } else {
            view! { <Meta name=name content=content /> }.into_any()
        }
    };
    view! {
        <Title text=title />
        <Link rel="canonical" href=canonical />
        {meta.into_iter().map(tell).collect_view()}
        {alternates
            .into_iter()
            .map(|Alternate { kind, href }| view! { <Link rel="alternate" type_=kind href=href /> })
            .collect_view()}
        {(!data.is_empty())
            .then(|| view! { <script type="application/ld+json" nonce=use_nonce() inner_html=data></script> })}
    }
    .into_any()
}
