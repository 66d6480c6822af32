import {Transform} from 'ink';
import {memo} from 'react';

/**
 * One row of the screen, painted and cut to its width already. As a transform it reaches Ink's output without being measured, checked
 * for wrapping and cleaned again: a third of the cost of a frame. That is allowed because rows are made of safe text and never wider than
 * the screen (`fitRow`, `paint`).
 */
export const Line = memo(function Line({text}: {text: string}) {
  return (
    <Transform transform={() => text} accessibilityLabel={text}>
      {' '}
    </Transform>
  );
});
