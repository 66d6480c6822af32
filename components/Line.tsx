import {Text} from 'ink';
import {memo} from 'react';

/** One row of the screen, painted and cut already. `truncate` costs nothing for a row that fits and keeps the frame whole should one not. */
export const Line = memo(function Line({text}: {text: string}) {
  return <Text wrap="truncate">{text === '' ? ' ' : text}</Text>;
});
