// A field of cells on a canvas that the pointer and the arrow keys can walk, with words for the cell under them.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./vendor/htm-preact.js";
import { colours } from "./states.js";

export const CALM = 0.72; // how strongly what is well is painted, so that trouble stands out

/** The width and height that are there for a drawing. */
export function useRoom() {
  const place = useRef();
  const [{ width, height }, setRoom] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const look = () => place.current && setRoom({ width: place.current.clientWidth, height: place.current.clientHeight });
    const observer = new ResizeObserver(look);
    observer.observe(place.current);
    return () => observer.disconnect();
  }, []);
  return [place, width, height];
}

/** Again when the colours have changed. */
function useTheme() {
  const [, turn] = useState(0);
  useEffect(() => {
    const again = () => turn((one) => one + 1);
    addEventListener("podroute-theme", again);
    return () => removeEventListener("podroute-theme", again);
  }, []);
  return document.documentElement.dataset.theme;
}

/** Again when the page is zoomed, or is on another screen: how many of its pixels are one of ours. */
function useScale() {
  const [scale, setScale] = useState(devicePixelRatio);
  useLayoutEffect(() => {
    const look = () => setScale(devicePixelRatio);
    const same = matchMedia(`(resolution: ${scale}dppx)`);
    same.addEventListener("change", look);
    return () => same.removeEventListener("change", look);
  }, [scale]);
  return scale;
}

const STEPS = (columns) => ({ ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns });

function outline(context, { columns, size }, at, ink) {
  const [x, y] = [(at % columns) * size, Math.floor(at / columns) * size];
  const more = size < 10 ? 3 : 1;
  context.strokeStyle = ink;
  context.lineWidth = 2;
  context.strokeRect(x - more + 0.5, y - more + 0.5, size + 2 * more - 1, size + 2 * more - 1);
}

function Tip({ grid, at, words }) {
  const { columns, size } = grid;
  const [x, y] = [(at % columns) * size, Math.floor(at / columns) * size];
  const right = at % columns > columns / 2;
  const style = { top: `${y + size + 8}px`, ...(right ? { right: `${(columns - 1 - (at % columns)) * size}px` } : { left: `${x}px` }) };
  return html`<div class="tip" role="status" style=${style}>${words}</div>`;
}

/** `grid`: count, columns, size; `paint(context, colours, grid)` draws all; `describe` gives words, `pick` acts. */
export function Field({ grid, paint, describe, pick, label, stamp }) {
  const canvas = useRef();
  const [at, setAt] = useState(null);
  const theme = useTheme();
  const scale = useScale();
  const { count, columns, size } = grid;
  const rows = Math.ceil(count / columns);
  const [width, height] = [columns * size, rows * size];
  const place = at === null || at >= count ? null : at;
  useLayoutEffect(() => {
    const board = canvas.current;
    board.width = Math.round(width * scale);
    board.height = Math.round(height * scale);
    const context = board.getContext("2d");
    context.scale(scale, scale);
    const hues = colours();
    paint(context, hues, grid);
    if (place !== null) outline(context, grid, place, hues.ink);
  }, [...stamp, theme, scale, width, height, count, place]);
  const under = (event) => {
    const box = canvas.current.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / size);
    const cell = Math.floor((event.clientY - box.top) / size) * columns + column;
    return column >= 0 && column < columns && cell >= 0 && cell < count ? cell : null;
  };
  const press = (event) => {
    const step = STEPS(columns)[event.key];
    if (step) setAt(Math.max(0, Math.min(count - 1, (place ?? -step) + step)));
    else if (event.key === "Enter" && place !== null) pick(place);
    else return;
    event.preventDefault();
  };
  return html`
    <div class="field" style=${{ width: `${width}px` }}>
      <canvas ref=${canvas} tabindex="0" data-home="" role="img" aria-label=${`${label}; arrow keys walk through it`}
        style=${{ width: `${width}px`, height: `${height}px` }} onKeyDown=${press}
        onPointerMove=${(event) => setAt(under(event))} onPointerLeave=${() => setAt(null)} onBlur=${() => setAt(null)}
        onFocus=${() => canvas.current.matches(":focus-visible") && setAt(place ?? 0)}
        onClick=${(event) => { const cell = under(event); if (cell !== null) pick(cell); }}></canvas>
      ${place !== null && html`<${Tip} grid=${grid} at=${place} words=${describe(place)} />`}
    </div>`;
}

/** A cell with a small gap, round where there is room for it. */
export function cellBox(context, grid, index, colour) {
  const { columns, size } = grid;
  const gap = size >= 12 ? 2 : size >= 5 ? 1 : 0;
  const [x, y] = [(index % columns) * size, Math.floor(index / columns) * size];
  context.fillStyle = colour;
  if (size < 8) {
    context.fillRect(x, y, size - gap, size - gap);
    return;
  }
  context.beginPath();
  context.roundRect(x, y, size - gap, size - gap, Math.min(6, size / 5));
  context.fill();
}
