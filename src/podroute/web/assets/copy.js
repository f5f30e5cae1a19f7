// A button that puts a text on the clipboard, and says so.
import { html, useEffect, useState } from "./vendor/htm-preact.js";

export function Copy({ text }) {
  const [word, setWord] = useState("Copy");
  useEffect(() => {
    if (word === "Copy") return undefined;
    const timer = setTimeout(() => setWord("Copy"), 2000);
    return () => clearTimeout(timer);
  }, [word]);
  const copy = () => navigator.clipboard.writeText(text).then(
    () => setWord("Copied"), () => setWord("Not allowed: select it"));
  return html`<button class="copy" onClick=${copy} aria-live="polite">${word}</button>`;
}
