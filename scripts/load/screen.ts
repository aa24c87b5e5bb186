import { type BarState, renderBar, renderLine } from "./bar.ts";

/** Shows how something goes, on a terminal or in a log. */
export interface Screen {
  show(state: BarState): void;
  /** A line that stays. */
  say(text: string): void;
  /** Leaves the cursor at the start of a line of its own. */
  end(): void;
}

/** Options of {@linkcode createScreen}. */
export interface ScreenOptions {
  write: (text: string) => void;
  /** Width of the terminal; undefined: it is none. */
  columns: (() => number) | undefined;
}

/** In a log, progress of one phase is a line for every so many percent. */
const stepPercent = 10;

/** On a terminal one line that changes, else a line for each change. */
export function createScreen(options: ScreenOptions): Screen {
  const { write, columns } = options;
  let shown = "";
  let last = "";
  const clear = () => {
    if (shown !== "") write("\r\x1b[K");
    shown = "";
  };

  return {
    show(state) {
      if (columns === undefined) {
        const step = state.total > 0
          ? Math.floor(100 * state.done / state.total / stepPercent)
          : 0;
        const key = `${state.doing} ${step} ${state.attempt ?? 1}`;
        if (key !== last) write(`${renderLine(state)}\n`);
        last = key;
        return;
      }
      // The last column stays free: terminals wrap when it is written.
      const line = renderBar(state, columns() - 1);
      if (line !== shown) write(`\r${line}\x1b[K`);
      shown = line;
    },
    say(text) {
      clear();
      write(`${text}\n`);
    },
    end: clear,
  };
}
