// The kinds of messages in frames. A message is its kind, then the id of a call, and then its value. The name of the class
// of the value stands before it, and is left out for plain objects: the kind has TYPED then.
"use strict";

module.exports = { MESSAGE: 1, QUESTION: 2, ANSWER: 3, KIND: 3, TYPED: 4 };
