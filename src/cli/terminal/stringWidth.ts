// Stands in for the package string-width in the bundle: all that is measured is our own bar, which has no emojis.
export = (text: string): number => text.length;
