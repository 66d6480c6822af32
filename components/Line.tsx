import {Transform} from 'ink';
import {memo, useContext} from 'react';
import {Printer} from './printer.ts';

/**
 * One row of the screen, painted and cut to its width already (`fitRow`, `paint`). Ink places a sign for it, which becomes the row on
 * its way to the terminal: see `RowPrinter`.
 */
export const Line = memo(function Line({text}: {text: string}) {
  const printer = useContext(Printer);
  return (
    <Transform transform={() => printer.sign(text)} accessibilityLabel={text}>
      {' '}
    </Transform>
  );
});
