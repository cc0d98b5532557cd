/** The same clusters numbered from 0 in the order in which their first point comes; −1, noise, stays. */
export function numberLabels(labels: ArrayLike<number>): Int32Array {
  const numbers = new Map<number, number>();
  return Int32Array.from({ length: labels.length }, (_, i) => {
    const label = labels[i]!;
    if (label === -1) return -1;
    const number = numbers.get(label) ?? numbers.size;
    numbers.set(label, number);
    return number;
  });
}

/** The points of each cluster, by its label; noise is left out. Points and clusters in the order of the points. */
export function groupByLabel(labels: ArrayLike<number>): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (label === -1) continue;
    const group = groups.get(label);
    if (group === undefined) groups.set(label, [i]);
    else group.push(i);
  }
  return groups;
}
