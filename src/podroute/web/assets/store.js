// All that the page knows; filled by live.js, read by the views.
import { parseAddress, parseCidr, contains, sortKey } from "./addresses.js";
import { grave } from "./states.js";

const KEPT = 500; // entries of the timeline
const SAME = ["node", "podCIDR", "nextHop", "state", "owner", "reason", "router"];

/** A record of the table with what the views need beside it. */
function toLine(subject, record) {
  return { subject, record, index: 0, fresh: 0 };
}

const isSame = (one, other) => SAME.every((name) => one.record[name] === other.record[name]);

export class Store {
  constructor() {
    this.lines = new Map(); // subject → lines
    this.rows = []; // all lines, in the order of the table
    this.timeline = []; // the latest first
    this.status = {};
    this.space = { pools: [], reserved: [], nodeCIDRs: [], routerAddresses: [] };
    this.connection = "connecting";
    this.reached = 0; // times that the controller was
    this.loaded = false;
    this.revision = 0; // of this copy: grows with whatever changes
    this.skew = 0; // milliseconds that the server's clock is ahead
    this.news = ""; // for who listens instead of looking
    this.listeners = new Set();
    this.waiting = false;
  }

  listen(listener) {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Views are told once for each frame, however much has come. */
  touch() {
    this.revision += 1;
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      for (const listener of this.listeners) listener(this.revision);
    });
  }

  connect(connection) {
    if (this.connection === connection) return;
    if (this.loaded) this.news = connection === "live" ? "Connected again." : "Connection lost, trying again.";
    this.connection = connection;
    if (connection === "live") this.reached += 1;
    this.touch();
  }

  take(content, whole) {
    const before = this.lines;
    if (whole) this.lines = new Map();
    const changed = [];
    let order = whole;
    for (const [subject, records] of Object.entries(content.subjects)) {
      const old = before.get(subject) ?? [];
      const lines = records.map((record) => toLine(subject, record));
      if (lines.length) this.lines.set(subject, lines);
      else this.lines.delete(subject);
      order ||= old.length !== lines.length;
      this.mark(old, lines, changed, order);
    }
    if (order) this.arrange(!whole);
    this.timeline = [...content.timeline.toReversed(), ...(whole ? [] : this.timeline)].slice(0, KEPT);
    this.status = content.status ?? this.status;
    this.space = content.addressSpace ?? this.space;
    this.tell(changed);
    this.loaded = true;
    this.touch();
  }

  mark(old, lines, changed, order) {
    lines.forEach((line, place) => {
      const was = old[place];
      if (was && !order) this.rows[(line.index = was.index)] = line;
      if (!this.loaded || (was && isSame(was, line))) return;
      line.fresh = performance.now();
      changed.push(line);
    });
  }

  arrange(sorting) {
    const subjects = [...this.lines.values()];
    if (sorting) {
      for (const lines of subjects) lines[0].key ??= sortKey(lines[0].subject);
      subjects.sort((one, other) => (one[0].key < other[0].key ? -1 : 1));
    }
    this.rows = subjects.flat();
    this.rows.forEach((line, index) => { line.index = index; });
  }

  tell(changed) {
    if (!changed.length) return;
    const named = changed.slice(0, 3).map(({ record, subject }) => `${record.podCIDR ?? subject} ${record.state}`);
    this.news = changed.length > 3 ? `${changed.length} routes have changed.` : `${named.join(", ")}.`;
  }

  /** Seconds since a moment of the server's clock. */
  since(text) {
    return Math.max(0, (Date.now() + this.skew - Date.parse(text)) / 1000);
  }
}

export function counts(rows) {
  const sums = {};
  for (const { record } of rows) sums[record.state] = (sums[record.state] ?? 0) + 1;
  return sums;
}

const cidrOf = (line) => (line.cidr === undefined ? (line.cidr = parseCidr(line.subject)) : line.cidr);

function wordsOf(line) {
  const { node, podCIDR, nextHop, internalIPs, owner, reason, state, router } = line.record;
  return (line.words ??= [node, podCIDR, nextHop, ...internalIPs, owner, reason, state, router].join(" ").toLowerCase());
}

/** Whether a line has every word of the filter; an address finds the block that it is in. */
function asked(text) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = words.map((word) => {
    const address = parseAddress(word);
    if (!address) return (line) => wordsOf(line).includes(word);
    return (line) => wordsOf(line).split(" ").includes(word) || (cidrOf(line) && contains(cidrOf(line), address));
  });
  return (line) => tests.every((test) => test(line));
}

export function filtered(rows, { text, states }) {
  if (!text.trim() && !states.size) return rows;
  const fits = asked(text);
  return rows.filter((line) => (!states.size || states.has(line.record.state)) && fits(line));
}

const COLUMN = {
  state: (line) => grave(line.record.state),
  node: (line) => line.record.node ?? "\uffff",
  nextHop: (line) => sortKey(`${line.record.nextHop ?? ""}/0`) + (line.record.nextHop ?? ""),
  owner: (line) => line.record.owner ?? "\uffff",
  reason: (line) => line.record.reason || "\uffff",
};

/** `column` "" is the order of the table. */
export function sorted(rows, { column, down }) {
  const of = COLUMN[column];
  if (!of) return down ? rows.toReversed() : rows;
  const keyed = rows.map((line) => [of(line), line]);
  keyed.sort(([one, a], [other, b]) => (one < other ? -1 : one > other ? 1 : a.index - b.index));
  const lines = keyed.map(([, line]) => line);
  return down ? lines.reverse() : lines;
}
