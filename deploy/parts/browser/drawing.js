// What a page needs to draw together: shared documents, and their copy in the browser.
import { IndexeddbPersistence } from "y-indexeddb";
import * as Y from "yjs";

globalThis.SeraDrawing = { IndexeddbPersistence, Y };
