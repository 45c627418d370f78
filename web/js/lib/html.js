// The one place that knows where the user interface's library is. A text in a template becomes a text node, never markup.
export { html, render, createContext, useCallback, useContext, useEffect, useErrorBoundary, useLayoutEffect, useMemo, useRef, useState } from '../../vendor/htm-preact.js';
