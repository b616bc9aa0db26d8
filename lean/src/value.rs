//! What an attribute or a property is set to.

use leptos::prelude::*;
use leptos::tachys::reactive_graph::SharedReactiveFunction;
use leptos::tachys::renderer::Rndr;
use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use wasm_bindgen::JsValue;
use web_sys::Element;

pub enum Value {
    /// The attribute isn't there, the property is false.
    Nothing,
    /// The attribute is there without a value, the property is true.
    Flag,
    Text(Cow<'static, str>),
    Number(f64),
    /// It changes with what the function reads.
    Live(SharedReactiveFunction<Value>),
}

pub trait IntoValue {
    fn into_value(self) -> Value;
}

impl IntoValue for Value {
    fn into_value(self) -> Value {
        self
    }
}

impl IntoValue for &'static str {
    fn into_value(self) -> Value {
        Value::Text(Cow::Borrowed(self))
    }
}

impl IntoValue for String {
    fn into_value(self) -> Value {
        Value::Text(Cow::Owned(self))
    }
}

impl IntoValue for bool {
    fn into_value(self) -> Value {
        if self { Value::Flag } else { Value::Nothing }
    }
}

impl IntoValue for leptos::nonce::Nonce {
    fn into_value(self) -> Value {
        self.to_string().into_value()
    }
}

impl<T: IntoValue> IntoValue for Option<T> {
    fn into_value(self) -> Value {
        self.map_or(Value::Nothing, T::into_value)
    }
}

macro_rules! numbers {
    ($($number:ty),+) => {
        $(impl IntoValue for $number {
            fn into_value(self) -> Value {
                Value::Number(self as f64)
            }
        })+
    };
}
numbers!(i32, u8, u16, u32, u64, usize, f64);

impl<F, T> IntoValue for F
where
    F: FnMut() -> T + Send + 'static,
    T: IntoValue,
{
    fn into_value(mut self) -> Value {
        Value::Live(Arc::new(Mutex::new(move || self().into_value())))
    }
}

impl<T: IntoValue + Clone + Send + Sync + 'static> IntoValue for Signal<T> {
    fn into_value(self) -> Value {
        (move || self.get()).into_value()
    }
}

/// What a value is set on.
#[derive(Clone, Copy)]
pub enum Place {
    Attribute(&'static str),
    Property(&'static str),
}

impl Place {
    /// Sets it, now and whenever it changes. `is_there` says that the server has written it already.
    pub fn set(self, element: &Element, value: Value, is_there: bool) -> Option<RenderEffect<Value>> {
        let Value::Live(function) = value else {
            // HTML knows attributes, but no properties.
            if !is_there || matches!(self, Place::Property(_)) {
                self.write(element, &value);
            }
            return None;
        };
        let element = element.clone();
        let is_written = is_there && matches!(self, Place::Attribute(_));
        Some(RenderEffect::new(move |before: Option<Value>| {
            let value = settled(&function);
            let is_same = before.as_ref().map_or(is_written, |before| before.is(&value));
            if !is_same {
                self.write(&element, &value);
            }
            value
        }))
    }

    fn write(self, element: &Element, value: &Value) {
        match (self, value) {
            (Place::Attribute(name), Value::Text(text)) => Rndr::set_attribute(element, name, text),
            (Place::Attribute(name), Value::Number(number)) => Rndr::set_attribute(element, name, &in_words(*number)),
            (Place::Attribute(name), Value::Flag) => Rndr::set_attribute(element, name, ""),
            (Place::Attribute(name), _) => Rndr::remove_attribute(element, name),
            (Place::Property(name), value) => Rndr::set_property_or_value(element, name, &value.to_js()),
        }
    }
}

/// What the function says, through functions that it gives.
fn settled(function: &SharedReactiveFunction<Value>) -> Value {
    let value = match function.lock() {
        Ok(mut function) => function(),
        Err(_) => Value::Nothing,
    };
    match value {
        Value::Live(inner) => settled(&inner),
        value => value,
    }
}

/// As JavaScript writes it, which knows how: Rust's own way to do it is heavy.
fn in_words(number: f64) -> String {
    js_sys::Number::from(number).to_string_with_radix(10).map(String::from).unwrap_or_default()
}

impl Value {
    fn is(&self, other: &Value) -> bool {
        match (self, other) {
            (Value::Nothing, Value::Nothing) | (Value::Flag, Value::Flag) => true,
            (Value::Text(one), Value::Text(other)) => one == other,
            (Value::Number(one), Value::Number(other)) => one == other,
            _ => false,
        }
    }

    fn to_js(&self) -> JsValue {
        match self {
            Value::Text(text) => JsValue::from_str(text),
            Value::Number(number) => JsValue::from_f64(*number),
            Value::Flag => JsValue::TRUE,
            Value::Nothing | Value::Live(_) => JsValue::FALSE,
        }
    }
}
