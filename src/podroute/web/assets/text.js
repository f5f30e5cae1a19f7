// Text that others have written, and numbers, for people.

const LONGEST = 400; // characters in a cell
// control characters, line and paragraph separators, direction marks, and what has no width
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udfff](?![\udc00-\udfff])(?<![\ud800-\udbff][\udc00-\udfff])/g;

/** One line without characters that hide, reorder or command; of bounded length. */
export function plain(text, longest = LONGEST) {
  if (text == null) return "";
  const cut = text.length > longest ? `${text.slice(0, longest)}… (${text.length} characters)` : text;
  return cut.replace(UNSEEN, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

const NUMBER = new Intl.NumberFormat("en");

export const number = (value) => NUMBER.format(value);

export const counted = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;

/** How long ago, in the largest unit that fits. */
export function age(seconds) {
  if (seconds < 1) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

/** A duration with three digits at most. */
export function duration(seconds) {
  if (seconds == null) return "";
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  if (seconds < 60) return `${Number(seconds.toPrecision(3))} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

const TIME = new Intl.DateTimeFormat("en-GB", {
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3,
});

export const clock = (moment) => TIME.format(moment);

const MINUTE = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

export const minute = (moment) => MINUTE.format(moment);

/** The value at this share of a sorted list. */
export const quantile = (sorted, share) =>
  sorted.length ? sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] : null;
