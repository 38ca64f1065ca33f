// Refuses compilers whose programs would be wrong.
#pragma once

// GCC PR 98401, 107288, 99576, 102217, 106188: temporaries of a co_await are destroyed twice, too early or where they are not.
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 14
#error "GCC before 14 miscompiles coroutines, silently: use GCC 14 or Clang 19"
#endif
