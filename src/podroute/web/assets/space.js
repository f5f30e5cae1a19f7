// The map of the address space: each block of each pool is a cell, row by row in the order of the addresses.
import { html, useMemo } from "./vendor/htm-preact.js";
import { bits, formatAddress, formatCidr, overlap, parseCidr } from "./addresses.js";
import { CALM, Field, cellBox, useRoom } from "./field.js";
import { Badge, TROUBLE, grave } from "./states.js";
import { counted, number, plain } from "./text.js";

const MOST = 65_536; // cells of one map
const SMALLEST = 4; // pixels of a cell
const LARGEST = 40;
const HALOES = 200; // cells in trouble that are ringed where cells are small
const LABELS = 118; // pixels of the addresses at the left

/** The pool in cells: how many, of what size, and how many blocks each stands for. */
function shapeOf(pool) {
  const cidr = parseCidr(pool.cidr);
  const blockBits = pool.blockPrefix - cidr.prefix;
  const cellBits = Math.min(blockBits, Math.log2(MOST));
  const prefix = cidr.prefix + cellBits;
  return { cidr, block: pool.blockPrefix, count: 2 ** cellBits, prefix, host: BigInt(bits(cidr.version) - prefix), each: 2 ** (blockBits - cellBits) };
}

function gridOf(count, width) {
  const widest = 2 ** Math.min(Math.log2(count), Math.ceil(Math.log2(count) / 2) + 1);
  let columns = widest;
  while (columns > 1 && Math.floor(width / columns) < SMALLEST) columns /= 2;
  return { count, columns, size: Math.max(SMALLEST, Math.min(LARGEST, Math.floor(width / columns))) };
}

/** Whoever claims everything, in vain, is in no cell. */
const isTooWide = (record, cidr, shape) => record.state === "Blocked" && !record.owner && cidr.prefix < shape.block;

/** For each cell the lines in it, the gravest state, and whether it is kept free. */
function fill(shape, rows, ranges) {
  const cells = Array.from({ length: shape.count }, () => null);
  const span = (cidr) => {
    const from = cidr.first < shape.cidr.first ? 0 : Number((cidr.first - shape.cidr.first) >> shape.host);
    const to = cidr.last > shape.cidr.last ? shape.count - 1 : Number((cidr.last - shape.cidr.first) >> shape.host);
    return [from, to];
  };
  for (const range of ranges) {
    if (!overlap(range.cidr, shape.cidr)) continue;
    const [from, to] = span(range.cidr);
    for (let at = from; at <= to; at += 1) cells[at] ??= { lines: [], kept: range };
  }
  for (const line of rows) {
    const cidr = (line.cidr ??= parseCidr(line.subject));
    if (!cidr || !overlap(cidr, shape.cidr) || isTooWide(line.record, cidr, shape)) continue;
    const [from, to] = span(cidr);
    for (let at = from; at <= to; at += 1) {
      cells[at] ??= { lines: [], kept: null };
      cells[at].lines.push(line);
    }
  }
  for (const cell of cells) {
    if (cell?.lines.length) cell.worst = cell.lines.reduce((one, other) =>
      (grave(other.record.state) < grave(one.record.state) ? other : one));
  }
  return cells;
}

function keptRanges(space) {
  const all = [
    ...space.reserved.map((text) => [text, "reserved"]), ...space.nodeCIDRs.map((text) => [text, "for Nodes' own addresses"]),
    ...space.routerAddresses.map((text) => [`${text}/${text.includes(":") ? 128 : 32}`, "the router's own address"]),
  ];
  return all.map(([text, what]) => ({ text, what, cidr: parseCidr(text) })).filter((one) => one.cidr);
}

function hatch(context, grid, index, colour) {
  const { columns, size } = grid;
  const [x, y] = [(index % columns) * size, Math.floor(index / columns) * size];
  const inner = size - (size >= 12 ? 2 : 1);
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (let offset = 4; offset < 2 * inner; offset += 6) {
    context.moveTo(x + Math.max(0, offset - inner), y + Math.min(offset, inner));
    context.lineTo(x + Math.min(offset, inner), y + Math.max(0, offset - inner));
  }
  context.stroke();
}

function sign(context, grid, index, { colour, halo, ringed }) {
  const { columns, size } = grid;
  const [x, y] = [(index % columns) * size + (size - 1) / 2, Math.floor(index / columns) * size + (size - 1) / 2];
  context.beginPath();
  if (size >= 12) {
    const arm = Math.min(5, size / 6);
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.moveTo(x - arm, y - arm); context.lineTo(x + arm, y + arm);
    context.moveTo(x + arm, y - arm); context.lineTo(x - arm, y + arm);
    context.stroke();
  } else if (ringed) {
    context.arc(x, y, size + 3, 0, 7);
    context.strokeStyle = halo;
    context.lineWidth = 4;
    context.stroke();
    context.strokeStyle = colour;
    context.lineWidth = 2;
    context.stroke();
  }
}

function painter(cells, bright) {
  return (context, hues, grid) => {
    const bad = [];
    cells.forEach((cell, index) => {
      const state = cell?.worst?.record.state;
      const dimmed = state && bright && !cell.lines.some((line) => bright.has(line));
      context.globalAlpha = dimmed ? 0.18 : state === "InSync" ? CALM : 1;
      cellBox(context, grid, index, state ? hues[state] : hues.free);
      if (cell?.kept && !state) hatch(context, grid, index, hues.reserved);
      if (state && state !== "InSync" && !dimmed) bad.push([index, state]);
    });
    context.globalAlpha = 1;
    for (const [index, state] of bad.filter(([, one]) => TROUBLE.has(one))) {
      const colour = grid.size >= 12 ? hues.surface : hues[state];
      sign(context, grid, index, { colour, halo: hues.surface, ringed: bad.length <= HALOES });
    }
  };
}

function describe(shape, cell, index) {
  const cidr = formatCidr(shape.cidr.version, shape.cidr.first + (BigInt(index) << shape.host), shape.prefix);
  const worst = cell?.worst;
  return html`
    <b class="mono">${cidr}</b>
    ${!worst && html`<span>${cell?.kept ? `kept free: ${cell.kept.text} is ${cell.kept.what}` : "free"}</span>`}
    ${worst && html`<span><${Badge} state=${worst.record.state} /></span>
      <span><bdi>${plain(worst.record.node, 80) || "no Node"}</bdi>${cell.lines.length > 1 && `, ${cell.lines.length} routes here`}</span>
      ${worst.record.reason && html`<span class="soft"><bdi>${plain(worst.record.reason, 160)}</bdi></span>`}`}`;
}

function Labels({ shape, grid }) {
  const rows = Math.ceil(grid.count / grid.columns);
  const every = Math.max(1, Math.ceil(18 / grid.size), 2 ** Math.ceil(Math.log2(rows / 32)));
  const labels = [];
  for (let row = 0; row < rows; row += every) {
    const start = shape.cidr.first + (BigInt(row * grid.columns) << shape.host);
    labels.push(html`<span style=${{ top: `${row * grid.size}px`, lineHeight: `${Math.max(12, grid.size - 2)}px` }}>
      ${formatAddress(shape.cidr.version, start)}</span>`);
  }
  return html`<div class="labels mono" aria-hidden="true">${labels}</div>`;
}

function tally(cells) {
  const sums = { used: 0, bad: 0, kept: 0, free: 0 };
  for (const cell of cells) {
    if (cell?.worst) sums.used += 1;
    else if (cell?.kept) sums.kept += 1;
    else sums.free += 1;
    if (cell?.worst && TROUBLE.has(cell.worst.record.state)) sums.bad += 1;
  }
  return sums;
}

function Pool({ pool, store, rows, revision, width, choose }) {
  const shape = useMemo(() => shapeOf(pool), [pool.cidr, pool.blockPrefix]);
  const cells = useMemo(() => fill(shape, store.rows, keptRanges(store.space)), [shape, revision]);
  const bright = useMemo(() => (rows.length === store.rows.length ? null : new Set(rows)), [rows, revision]);
  const grid = gridOf(shape.count, width - LABELS);
  const sums = tally(cells);
  const pick = (index) => cells[index]?.worst && choose(cells[index].worst.subject);
  return html`
    <article class="pool">
      <h2><span class="mono">${pool.cidr}</span> <small>in blocks of /${pool.blockPrefix}</small></h2>
      <p class="soft"><b>${number(sums.used)}</b> in use, <b>${number(sums.bad)}</b> in trouble,
        <b> ${number(sums.free)}</b> free, <b>${number(sums.kept)}</b> kept free, of ${counted(shape.count, "block")}
        ${shape.each > 1 && ` (each cell stands for ${number(shape.each)} blocks)`}</p>
      <div class="map"><${Labels} shape=${shape} grid=${grid} />
        <${Field} grid=${grid} paint=${painter(cells, bright)} describe=${(index) => describe(shape, cells[index], index)}
          pick=${pick} stamp=${[revision, bright]} label=${`Blocks of ${pool.cidr}: ${sums.used} in use, ${sums.bad} in trouble, ${sums.free} free`} />
      </div>
    </article>`;
}

const Key = () => html`
  <ul class="key" aria-label="What the colours mean">
    <li><i data-cell="InSync"></i>in sync</li><li><i data-cell="trouble"></i>in trouble, with a cross or ring</li>
    <li><i data-cell="other"></i>pending or foreign</li><li><i data-cell="kept"></i>kept free</li><li><i data-cell="free"></i>free</li>
  </ul>`;

export function AddressSpace({ store, ...shown }) {
  const [place, width] = useRoom();
  const { pools } = store.space;
  return html`
    <div class="space" ref=${place}>
      ${!pools.length && html`<p class="nothing">No cluster CIDR is known to this controller: give --cluster-cidr.</p>`}
      ${pools.length > 0 && html`<${Key} />`}
      ${width > 0 && pools.map((pool) => html`
        <${Pool} key=${pool.cidr} pool=${pool} store=${store} width=${width - 48} ...${shown} />`)}
    </div>`;
}
