// From where things stand on the earth to where they are on the map.

/** Half the width of the map's plane that places may take. */
const REACH = 420;
/** Those that stand at one place are this far apart. */
const APART = 26;
/** A network within one town is not spread over the whole map: at least so many degrees are shown. */
const LEAST_DEGREES = 0.5;

const mercator = (latitude: number) => {
  const most = Math.max(-85, Math.min(85, latitude));
  return (Math.log(Math.tan(Math.PI / 4 + (most * Math.PI) / 360)) * 180) / Math.PI;
};

/** x and y of each place, NaN where there is none: Mercator's projection, fitted to the plane. */
export function project(latitude: Float32Array, longitude: Float32Array): Float32Array {
  const places = new Float32Array(2 * latitude.length).fill(NaN);
  const known = [...latitude.keys()].filter((index) => !Number.isNaN(latitude[index]!));
  if (!known.length) return places;
  const ys = known.map((index) => mercator(latitude[index]!));
  const origin = cut(known.map((index) => longitude[index]!));
  const xs = known.map((index) => (longitude[index]! - origin + 720) % 360);
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (2 * REACH) / Math.max(right - left, high - low, LEAST_DEGREES);
  const taken = new Map<string, number>();
  known.forEach((index, at) => {
    const [x, y] = [(xs[at]! - (left + right) / 2) * scale, (ys[at]! - (low + high) / 2) * scale];
    // The golden angle spreads those that stand together.
    const key = `${Math.round(x)} ${Math.round(y)}`;
    const before = taken.get(key) ?? 0;
    taken.set(key, before + 1);
    const [angle, radius] = [before * 2.399963, APART * Math.sqrt(before)];
    places.set([x + Math.cos(angle) * radius, y + Math.sin(angle) * radius], 2 * index);
  });
  return places;
}

/** The meridian behind the widest gap between them: a network on both sides of 180 degrees is not torn apart. */
function cut(longitudes: number[]): number {
  const sorted = [...longitudes].sort((one, other) => one - other);
  let [widest, after] = [sorted[0]! + 360 - sorted.at(-1)!, sorted[0]!];
  for (let index = 1; index < sorted.length; index++) {
    const gap = sorted[index]! - sorted[index - 1]!;
    if (gap > widest) [widest, after] = [gap, sorted[index]!];
  }
  return after;
}
