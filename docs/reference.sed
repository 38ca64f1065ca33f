# What stands on top of a header is about the file; what is indented in it is code.
/^#pragma once/,$b
s|^//   |&  |
s|^//|///|
1s|^|/// \\file\n///\n|
