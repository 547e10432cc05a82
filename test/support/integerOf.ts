/** Integer with this hash in V8 (ComputeUnseededHash), which has no seed and can be inverted. */
export function integerOf(hash: number): number {
    const inverse = (odd: number): number => {
        let x = odd;
        for (let n = 0; n < 5; n++) x = Math.imul(x, 2 - Math.imul(odd, x));
        return x;
    };
    const unshift = (value: number, by: number): number => {
        let x = value;
        for (let n = by; n < 32; n += by) x = value ^ (x >>> by);
        return x;
    };
    let x = unshift(hash, 16);
    x = unshift(Math.imul(x, inverse(2057)), 4);
    x = unshift(Math.imul(x, inverse(5)), 12);
    return Math.imul(x + 1, inverse(32767));
}
