// Addresses and CIDRs of both families as numbers.

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const V6 = /^[0-9a-f:]*:[0-9a-f:]*$/i;

export const bits = (version) => (version === 4 ? 32 : 128);

/** { version, value } or null. */
export function parseAddress(text) {
  const v4 = V4.exec(text);
  if (v4) {
    const octets = v4.slice(1).map(Number);
    if (octets.some((one) => one > 255)) return null;
    return { version: 4, value: octets.reduce((sum, one) => sum * 256n + BigInt(one), 0n) };
  }
  if (!V6.test(text) || text.length > 39) return null;
  return parseV6(text.toLowerCase());
}

function parseV6(text) {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const groups = halves.map((half) => (half ? half.split(":") : []));
  const given = groups.flat();
  const missing = 8 - given.length;
  if (halves.length === 1 ? missing !== 0 : missing < 1) return null;
  if (given.some((one) => !/^[0-9a-f]{1,4}$/.test(one))) return null;
  const filled = halves.length === 1 ? given : [...groups[0], ...Array(missing).fill("0"), ...groups[1]];
  return { version: 6, value: filled.reduce((sum, one) => (sum << 16n) + BigInt(`0x${one}`), 0n) };
}

/** { version, first, last, prefix } or null. */
export function parseCidr(text) {
  const [address, length, more] = String(text).split("/");
  const start = parseAddress(address);
  if (!start || more !== undefined || !/^\d{1,3}$/.test(length ?? "")) return null;
  const host = bits(start.version) - Number(length);
  if (host < 0) return null;
  const first = (start.value >> BigInt(host)) << BigInt(host);
  const last = first + (1n << BigInt(host)) - 1n;
  return { version: start.version, first, last, prefix: Number(length) };
}

export const contains = (cidr, address) =>
  cidr.version === address.version && cidr.first <= address.value && address.value <= cidr.last;

export const overlap = (one, other) =>
  one.version === other.version && one.first <= other.last && other.first <= one.last;

/** Sorts as the table does: IPv4 first, by number, the wider first, what is no CIDR last. */
export function sortKey(subject) {
  const cidr = parseCidr(subject);
  if (!cidr) return `9${subject}`;
  return `${cidr.version}${cidr.first.toString(16).padStart(32, "0")}/${String(cidr.prefix).padStart(3, "0")}`;
}

export function formatAddress(version, value) {
  if (version === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  }
  const groups = Array.from({ length: 8 }, (_, place) =>
    ((value >> BigInt(112 - 16 * place)) & 0xffffn).toString(16));
  const run = longestZeros(groups);
  if (run.length < 2) return groups.join(":");
  const left = groups.slice(0, run.start).join(":");
  return `${left}::${groups.slice(run.start + run.length).join(":")}`;
}

function longestZeros(groups) {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start += 1) {
    let length = 0;
    while (start + length < 8 && groups[start + length] === "0") length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

export const formatCidr = (version, first, prefix) => `${formatAddress(version, first)}/${prefix}`;
