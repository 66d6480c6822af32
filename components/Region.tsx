import {Box, Transform} from 'ink';
import {memo, useContext} from 'react';
import {Printer} from './printer.ts';

interface Props {
  /** Painted and cut to the width already (`fitRow`, `paint`). */
  rows: readonly string[];
  width: number;
}

/**
 * A part of the screen with a fixed number of rows. To Ink it is one text of so many blank lines, each of which becomes the sign of its row, and
 * on its way to the terminal the row (see `RowPrinter`): a component for each row would cost a third more in every frame.
 */
export const Region = memo(function Region({rows, width}: Props) {
  const printer = useContext(Printer);
  if (rows.length === 0) return null;
  return (
    <Box width={width} height={rows.length} flexShrink={0}>
      <Transform transform={(_, index) => printer.sign(rows[index] ?? '')} accessibilityLabel={rows.join('\n')}>
        {' \n'.repeat(rows.length - 1) + ' '}
      </Transform>
    </Box>
  );
});
