import {createContext} from 'react';
import {RowPrinter} from '../src/terminal/row-printer.ts';

/** What turns the signs of this screen's rows into the rows; mounting the dashboard provides it. */
export const Printer = createContext(new RowPrinter());
