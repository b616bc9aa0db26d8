//! The files that somebody brings: chosen, or dropped, with all that lies in folders.

use futures::future::{LocalBoxFuture, join_all};
use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    DataTransfer, File, FileList, FileSystemDirectoryEntry, FileSystemDirectoryReader, FileSystemEntry,
    FileSystemFileEntry,
};

pub fn chosen(files: &FileList) -> Vec<File> {
    (0..files.length()).filter_map(|index| files.get(index)).collect()
}

/// All files that were dropped, those in folders by their names.
pub fn dropped(data: &DataTransfer) -> impl Future<Output = Vec<File>> + use<> {
    // Both are gone when the event is over.
    let items = data.items();
    let entries: Vec<FileSystemEntry> =
        (0..items.length()).filter_map(|index| items.get(index)?.webkit_get_as_entry().ok()?).collect();
    let files = data.files().map(|files| chosen(&files)).unwrap_or_default();
    async move {
        if entries.is_empty() {
            return files;
        }
        join_all(entries.into_iter().map(files_of)).await.concat()
    }
}

fn files_of(entry: FileSystemEntry) -> LocalBoxFuture<'static, Vec<File>> {
    Box::pin(async move {
        // What the system leaves in every folder.
        if entry.name().starts_with('.') {
            return Vec::new();
        }
        if entry.is_file() {
            let entry: FileSystemFileEntry = entry.unchecked_into();
            let file = promised(|yes, no| {
                entry.file_with_callback_and_callback(yes, no);
                Ok(())
            })
            .await;
            return file.ok().map(|file| file.unchecked_into()).into_iter().collect();
        }
        let reader = entry.unchecked_into::<FileSystemDirectoryEntry>().create_reader();
        let mut entries = all(&reader).await;
        entries.sort_by_key(FileSystemEntry::name);
        join_all(entries.into_iter().map(files_of)).await.concat()
    })
}

/// A reader tells a hundred at a time.
async fn all(reader: &FileSystemDirectoryReader) -> Vec<FileSystemEntry> {
    let mut entries = Vec::new();
    while let Ok(some) = promised(|yes, no| reader.read_entries_with_callback_and_callback(yes, no)).await {
        let some: Array = some.unchecked_into();
        if some.length() == 0 {
            break;
        }
        entries.extend(some.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
    entries
}

/// What a call tells one of its two callbacks.
async fn promised(
    call: impl Fn(&js_sys::Function, &js_sys::Function) -> Result<(), JsValue>,
) -> Result<JsValue, JsValue> {
    let promise = Promise::new(&mut |resolve, reject| {
        if let Err(error) = call(&resolve, &reject) {
            let _ = reject.call1(&JsValue::UNDEFINED, &error);
        }
    });
    JsFuture::from(promise).await
}
