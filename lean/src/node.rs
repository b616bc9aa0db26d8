//! What stands in an element, whatever it is.

use crate::element::{Element, ElementState};
use leptos::prelude::*;
use leptos::tachys::html::InertElement;
use leptos::tachys::html::attribute::Attribute;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::reactive_graph::{SharedReactiveFunction, Suspend};
use leptos::tachys::view::any_view::AnyViewState;
use leptos::tachys::view::{Mountable, Position, PositionState};
use std::any::Any;
use std::borrow::Cow;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

type Text = Cow<'static, str>;

pub enum Node {
    Nothing,
    Text(Text),
    Element(Box<Element>),
    /// One after the other.
    Nodes(Vec<Node>),
    /// The same, as many as there are this time: the server writes a mark behind them.
    List(Vec<Node>),
    /// It changes with what the function reads.
    Live(SharedReactiveFunction<Node>),
    Inert(InertElement),
    Any(AnyView),
    /// Leptos' own.
    Foreign(Box<dyn Foreign>),
    /// The same, where nothing of it stands in the page: a title.
    Unseen(Box<dyn Foreign>),
}

pub enum NodeState {
    Text(<Text as Render>::State),
    Element(ElementState),
    Nodes(Vec<NodeState>),
    Any(AnyViewState),
    Foreign(Box<dyn Mountable>),
}

pub type Later<T> = Pin<Box<dyn Future<Output = T>>>;

/// A view of any type, made to be put up once.
pub trait Foreign: Send {
    fn build(self: Box<Self>) -> Box<dyn Mountable>;
    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Box<dyn Mountable>;
    fn hydrate_async(self: Box<Self>, cursor: Cursor, position: PositionState) -> Later<Box<dyn Mountable>>;
}

impl<T: RenderHtml + 'static> Foreign for T {
    fn build(self: Box<Self>) -> Box<dyn Mountable> {
        Box::new(Render::build(*self))
    }

    fn hydrate(self: Box<Self>, cursor: &Cursor, position: &PositionState) -> Box<dyn Mountable> {
        Box::new(RenderHtml::hydrate::<true>(*self, cursor, position))
    }

    fn hydrate_async(self: Box<Self>, cursor: Cursor, position: PositionState) -> Later<Box<dyn Mountable>> {
        Box::pin(async move {
            let state: Box<dyn Mountable> = Box::new(RenderHtml::hydrate_async(*self, &cursor, &position).await);
            state
        })
    }
}

/// What a component has made.
pub fn erase<T: RenderHtml + 'static>(view: T) -> Node {
    let mut view = Some(view);
    let any: &mut dyn Any = &mut view;
    if let Some(view) = any.downcast_mut::<Option<AnyView>>().and_then(Option::take) {
        return Node::Any(view);
    }
    if let Some(node) = any.downcast_mut::<Option<Node>>().and_then(Option::take) {
        return node;
    }
    let seen: fn(Box<dyn Foreign>) -> Node = if T::EXISTS { Node::Foreign } else { Node::Unseen };
    view.map_or(Node::Nothing, |view| seen(Box::new(view)))
}

impl Node {
    fn is_seen(&self) -> bool {
        match self {
            Node::Unseen(_) => false,
            Node::Nodes(nodes) => nodes.iter().any(Node::is_seen),
            _ => true,
        }
    }

    pub fn build(self) -> NodeState {
        match self {
            Node::Nothing => NodeState::Foreign(Box::new(Render::build(()))),
            Node::Text(text) => NodeState::Text(text.build()),
            Node::Element(element) => NodeState::Element((*element).build()),
            Node::Nodes(nodes) => NodeState::Nodes(nodes.into_iter().map(Node::build).collect()),
            Node::List(nodes) => NodeState::Foreign(Box::new(Render::build(nodes))),
            Node::Live(function) => NodeState::Foreign(Box::new(Render::build(function))),
            Node::Inert(element) => NodeState::Foreign(Box::new(element.build())),
            Node::Any(view) => NodeState::Any(view.build()),
            Node::Foreign(view) | Node::Unseen(view) => NodeState::Foreign(view.build()),
        }
    }

    pub fn hydrate(self, cursor: &Cursor, position: &PositionState) -> NodeState {
        match self {
            Node::Nothing => NodeState::Foreign(Box::new(RenderHtml::hydrate::<true>((), cursor, position))),
            Node::Text(text) => NodeState::Text(RenderHtml::hydrate::<true>(text, cursor, position)),
            Node::Element(element) => NodeState::Element((*element).hydrate(cursor, position)),
            Node::Nodes(nodes) => {
                NodeState::Nodes(nodes.into_iter().map(|node| node.hydrate(cursor, position)).collect())
            }
            Node::List(nodes) => NodeState::Foreign(Box::new(RenderHtml::hydrate::<true>(nodes, cursor, position))),
            Node::Live(function) => {
                NodeState::Foreign(Box::new(RenderHtml::hydrate::<true>(function, cursor, position)))
            }
            Node::Inert(element) => {
                NodeState::Foreign(Box::new(RenderHtml::hydrate::<true>(element, cursor, position)))
            }
            Node::Any(view) => NodeState::Any(RenderHtml::hydrate::<true>(view, cursor, position)),
            Node::Foreign(view) | Node::Unseen(view) => NodeState::Foreign(view.hydrate(cursor, position)),
        }
    }

    /// The same, for what has to be fetched first: a page's own code, what a resource waits for.
    pub fn hydrate_async(self, cursor: Cursor, position: PositionState) -> Later<NodeState> {
        Box::pin(async move {
            match self {
                Node::Element(element) => NodeState::Element((*element).hydrate_async(&cursor, &position).await),
                Node::Nodes(nodes) => {
                    let mut states = Vec::with_capacity(nodes.len());
                    for node in nodes {
                        states.push(node.hydrate_async(cursor.clone(), position.clone()).await);
                    }
                    NodeState::Nodes(states)
                }
                Node::Live(function) => {
                    NodeState::Foreign(Box::new(RenderHtml::hydrate_async(function, &cursor, &position).await))
                }
                Node::Any(view) => NodeState::Any(RenderHtml::hydrate_async(view, &cursor, &position).await),
                Node::Foreign(view) => NodeState::Foreign(view.hydrate_async(cursor, position).await),
                node => node.hydrate(&cursor, &position),
            }
        })
    }
}

impl Render for Node {
    type State = NodeState;

    fn build(self) -> NodeState {
        Node::build(self)
    }

    /// Text is changed where it stands; everything else gives way to what is new.
    fn rebuild(self, state: &mut NodeState) {
        match (self, &mut *state) {
            (Node::Text(text), NodeState::Text(old)) => text.rebuild(old),
            (Node::Any(view), NodeState::Any(old)) => view.rebuild(old),
            (node, old) => {
                let mut new = node.build();
                old.insert_before_this(&mut new);
                old.unmount();
                *state = new;
            }
        }
    }
}

impl Mountable for NodeState {
    fn unmount(&mut self) {
        match self {
            NodeState::Text(state) => state.unmount(),
            NodeState::Element(state) => state.unmount(),
            NodeState::Nodes(states) => states.iter_mut().for_each(Mountable::unmount),
            NodeState::Any(state) => state.unmount(),
            NodeState::Foreign(state) => state.unmount(),
        }
    }

    fn mount(&mut self, parent: &web_sys::Element, marker: Option<&web_sys::Node>) {
        match self {
            NodeState::Text(state) => state.mount(parent, marker),
            NodeState::Element(state) => state.mount(parent, marker),
            NodeState::Nodes(states) => states.iter_mut().for_each(|state| state.mount(parent, marker)),
            NodeState::Any(state) => state.mount(parent, marker),
            NodeState::Foreign(state) => state.mount(parent, marker),
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        match self {
            NodeState::Text(state) => state.insert_before_this(child),
            NodeState::Element(state) => state.insert_before_this(child),
            NodeState::Nodes(states) => states.iter().any(|state| state.insert_before_this(child)),
            NodeState::Any(state) => state.insert_before_this(child),
            NodeState::Foreign(state) => state.insert_before_this(child),
        }
    }

    fn elements(&self) -> Vec<web_sys::Element> {
        match self {
            NodeState::Text(_) => Vec::new(),
            NodeState::Element(state) => state.elements(),
            NodeState::Nodes(states) => states.iter().flat_map(Mountable::elements).collect(),
            NodeState::Any(state) => state.elements(),
            NodeState::Foreign(state) => state.elements(),
        }
    }
}

/// So that Leptos' own components take our nodes.
macro_rules! views {
    ($($view:ty),+) => {
        $(
            impl AddAnyAttr for $view {
                type Output<SomeNewAttr: Attribute> = Self;

                fn add_any_attr<NewAttr: Attribute>(self, _: NewAttr) -> Self {
                    unreachable!("attributes of components aren't in use: name them where the element is")
                }
            }

            impl RenderHtml for $view {
                type AsyncOutput = Self;
                type Owned = Self;

                const MIN_LENGTH: usize = 0;

                fn dry_resolve(&mut self) {}

                async fn resolve(self) -> Self {
                    self
                }

                fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {
                    unreachable!("the server has Leptos' own elements")
                }

                fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> NodeState {
                    self.into_node().hydrate(cursor, position)
                }

                fn hydrate_async(self, cursor: &Cursor, position: &PositionState) -> impl Future<Output = NodeState> {
                    self.into_node().hydrate_async(cursor.clone(), position.clone())
                }

                fn into_owned(self) -> Self {
                    self
                }
            }
        )+
    };
}
views!(Node, Element);

impl Render for Element {
    type State = NodeState;

    fn build(self) -> NodeState {
        self.into_node().build()
    }

    fn rebuild(self, state: &mut NodeState) {
        self.into_node().rebuild(state);
    }
}

/// Takes the place of Leptos' `IntoAny`: whatever stands in a page is a [`Node`] before it is an [`AnyView`].
pub trait IntoNode: Sized {
    fn into_node(self) -> Node;

    fn into_any(self) -> AnyView {
        match self.into_node() {
            Node::Any(view) => view,
            // Where Leptos erases what isn't seen, its server leaves a mark.
            node if !node.is_seen() => leptos::prelude::IntoAny::into_any(Node::Nodes(vec![node, Node::Nothing])),
            node => leptos::prelude::IntoAny::into_any(node),
        }
    }
}

impl IntoNode for Node {
    fn into_node(self) -> Node {
        self
    }
}

impl IntoNode for Element {
    fn into_node(self) -> Node {
        Node::Element(Box::new(self))
    }
}

impl IntoNode for AnyView {
    fn into_node(self) -> Node {
        Node::Any(self)
    }
}

impl IntoNode for InertElement {
    fn into_node(self) -> Node {
        Node::Inert(self)
    }
}

impl IntoNode for leptos::tachys::svg::InertElement {
    fn into_node(self) -> Node {
        Node::Foreign(Box::new(self))
    }
}

impl IntoNode for &'static str {
    fn into_node(self) -> Node {
        Node::Text(Cow::Borrowed(self))
    }
}

impl IntoNode for String {
    fn into_node(self) -> Node {
        Node::Text(Cow::Owned(self))
    }
}

impl IntoNode for () {
    fn into_node(self) -> Node {
        Node::Nothing
    }

    fn into_any(self) -> AnyView {
        IntoNode::into_any(Node::Nodes(vec![Node::Nothing, Node::Nothing]))
    }
}

impl<T: IntoNode> IntoNode for View<T> {
    fn into_node(self) -> Node {
        self.into_inner().into_node()
    }
}

impl<T: IntoNode> IntoNode for Option<T> {
    fn into_node(self) -> Node {
        self.map_or(Node::Nothing, T::into_node)
    }
}

impl<T: IntoNode> IntoNode for Vec<T> {
    fn into_node(self) -> Node {
        Node::List(self.into_iter().map(T::into_node).collect())
    }
}

impl<T: RenderHtml + 'static> IntoNode for Suspend<T> {
    fn into_node(self) -> Node {
        Node::Any(leptos::prelude::IntoAny::into_any(self))
    }
}

impl<F, T> IntoNode for F
where
    F: FnMut() -> T + Send + 'static,
    T: IntoNode,
{
    fn into_node(mut self) -> Node {
        Node::Live(Arc::new(Mutex::new(move || self().into_node())))
    }
}

macro_rules! tuples {
    ($first:ident $($name:ident)*) => {
        impl<$first: IntoNode, $($name: IntoNode),*> IntoNode for ($first, $($name,)*) {
            fn into_node(self) -> Node {
                #[expect(non_snake_case, reason = "the names of the types are those of the values")]
                let ($first, $($name,)*) = self;
                Node::Nodes(vec![$first.into_node(), $($name.into_node()),*])
            }
        }
        tuples!($($name)*);
    };
    () => {};
}
tuples!(A B C D E F G H I J K L M N O P);
