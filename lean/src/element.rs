//! An element of the page, whatever it holds.

use crate::node::{IntoNode, Node, NodeState};
use crate::value::{IntoValue, Place, Value};
use leptos::ev::EventDescriptor;
use leptos::html::ElementType;
use leptos::prelude::*;
use leptos::tachys::html::node_ref::NodeRefContainer;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::renderer::{RemoveEventHandler, Rndr};
use leptos::tachys::view::{Mountable, Position, PositionState};
use send_wrapper::SendWrapper;
use std::borrow::Cow;
use wasm_bindgen::{JsCast, JsValue};

type Handler = Box<dyn FnMut(JsValue)>;
type Found = Box<dyn FnOnce(&web_sys::Element) + Send>;

pub struct Element {
    tag: &'static str,
    namespace: Option<&'static str>,
    values: Vec<(Place, Value)>,
    handlers: Vec<(Cow<'static, str>, SendWrapper<Handler>)>,
    found: Vec<Found>,
    inner_html: Option<String>,
    children: Vec<Node>,
}

/// An element that stands in the page, and what keeps it alive.
pub struct ElementState {
    element: web_sys::Element,
    _effects: Vec<RenderEffect<Value>>,
    _handlers: Vec<RemoveEventHandler<web_sys::Element>>,
    children: Vec<NodeState>,
}

impl Element {
    pub fn new(tag: &'static str, namespace: Option<&'static str>) -> Self {
        Self {
            tag,
            namespace,
            values: Vec::new(),
            handlers: Vec::new(),
            found: Vec::new(),
            inner_html: None,
            children: Vec::new(),
        }
    }

    pub fn child(mut self, child: impl IntoNode) -> Self {
        self.children.push(child.into_node());
        self
    }

    pub fn attr(self, name: &'static str, value: impl IntoValue) -> Self {
        self.set(Place::Attribute(name), value.into_value())
    }

    pub fn prop(self, name: &'static str, value: impl IntoValue) -> Self {
        self.set(Place::Property(name), value.into_value())
    }

    fn set(mut self, place: Place, value: Value) -> Self {
        self.values.push((place, value));
        self
    }

    pub fn on<E>(self, event: E, mut handler: impl FnMut(E::EventType) + 'static) -> Self
    where
        E: EventDescriptor,
        E::EventType: JsCast,
    {
        self.listen(event.name(), Box::new(move |event| handler(event.unchecked_into())))
    }

    fn listen(mut self, event: Cow<'static, str>, mut handler: Handler) -> Self {
        // What a handler makes belongs to who made the element.
        let handler: Handler = match Owner::current() {
            Some(owner) => Box::new(move |event| owner.with(|| handler(event))),
            None => handler,
        };
        self.handlers.push((event, SendWrapper::new(handler)));
        self
    }

    pub fn node_ref<E: ElementType>(mut self, place: impl NodeRefContainer<E>) -> Self {
        self.found.push(Box::new(|element| place.load(element)));
        self
    }

    pub fn inner_html(mut self, html: impl Into<Option<String>>) -> Self {
        self.inner_html = Some(html.into().unwrap_or_default());
        self
    }

    /// Everything but the children: sets values, listens, tells where it stands.
    fn awaken(&mut self, element: web_sys::Element, is_there: bool) -> ElementState {
        if let Some(html) = self.inner_html.take_if(|_| !is_there) {
            Rndr::set_inner_html(&element, &html);
        }
        let effects = self.values.drain(..).filter_map(|(place, value)| place.set(&element, value, is_there)).collect();
        let listen = |(event, handler): (Cow<'static, str>, SendWrapper<Handler>)| {
            Rndr::add_event_listener(&element, &event, handler.take())
        };
        let handlers = self.handlers.drain(..).map(listen).collect();
        self.found.drain(..).for_each(|found| found(&element));
        ElementState { element, _effects: effects, _handlers: handlers, children: Vec::new() }
    }

    pub fn build(mut self) -> ElementState {
        let mut state = self.awaken(Rndr::create_element(self.tag, self.namespace), false);
        for child in self.children {
            let mut child = child.build();
            child.mount(&state.element, None);
            state.children.push(child);
        }
        state
    }

    pub fn hydrate(mut self, cursor: &Cursor, position: &PositionState) -> ElementState {
        let mut state = self.awaken(stand(cursor, position, self.tag), true);
        for child in self.children {
            state.children.push(child.hydrate(cursor, position));
        }
        leave(cursor, position, &state.element);
        state
    }

    /// The same, for what has to be fetched first.
    pub async fn hydrate_async(mut self, cursor: &Cursor, position: &PositionState) -> ElementState {
        let mut state = self.awaken(stand(cursor, position, self.tag), true);
        for child in self.children {
            state.children.push(child.hydrate_async(cursor.clone(), position.clone()).await);
        }
        leave(cursor, position, &state.element);
        state
    }
}

/// Steps to the element that the server wrote.
fn stand(cursor: &Cursor, position: &PositionState, tag: &str) -> web_sys::Element {
    match position.get() {
        Position::FirstChild => cursor.child(),
        Position::Current => {}
        _ => cursor.sibling(),
    }
    position.set(Position::FirstChild);
    let found = cursor.current();
    found.dyn_into().unwrap_or_else(|found: web_sys::Node| {
        // The server and the browser don't agree about the page, which is our fault.
        panic!("hydration: <{tag}> is expected where {} stands", found.node_name())
    })
}

fn leave(cursor: &Cursor, position: &PositionState, element: &web_sys::Element) {
    cursor.set(element.clone().into());
    position.set(Position::NextChild);
}

impl Mountable for ElementState {
    fn unmount(&mut self) {
        self.element.unmount();
    }

    fn mount(&mut self, parent: &web_sys::Element, marker: Option<&web_sys::Node>) {
        self.element.mount(parent, marker);
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        self.element.insert_before_this(child)
    }

    fn elements(&self) -> Vec<web_sys::Element> {
        vec![self.element.clone()]
    }
}
