/** Where the program of a launcher lies. */
export const programOf = launcher => launcher.replace(/\.cjs$/, '.program.cjs');
