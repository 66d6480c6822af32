import {Box} from 'ink';
import {memo} from 'react';
import {Line} from './Line.tsx';

interface Props {
  rows: readonly string[];
  width: number;
}

/** A part of the screen with a fixed number of rows. */
export const Region = memo(function Region({rows, width}: Props) {
  if (rows.length === 0) return null;
  return (
    <Box flexDirection="column" width={width} height={rows.length} flexShrink={0}>
      {rows.map((text, index) => (
        // Rows have no identity of their own: what matters is that an unchanged row at the same place is not drawn again.
        <Line key={index} text={text} />
      ))}
    </Box>
  );
});
