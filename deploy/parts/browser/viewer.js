// The 3-D viewer, with its looks as a sheet that its shadow tree adopts.
import "@google/model-viewer";

const sheet = new CSSStyleSheet();
sheet.replaceSync(globalThis.SeraViewerLooks);
globalThis.SeraViewer = { adopt: (viewer) => { viewer.shadowRoot.adoptedStyleSheets = [sheet]; } };
