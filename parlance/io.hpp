// All that waits, of coroutines, threads, children and files, but the sockets: `#include <parlance/io.hpp>`.
// What a backend is made of is in detail/, which changes as it likes.
#pragma once

#include <parlance/io/blocking.hpp>
#include <parlance/io/channel.hpp>
#include <parlance/io/combinators.hpp>
#include <parlance/io/context.hpp>
#include <parlance/io/descriptor.hpp>
#include <parlance/io/error.hpp>
#include <parlance/io/event.hpp>
#include <parlance/io/loop.hpp>
#include <parlance/io/loop_thread.hpp>
#include <parlance/io/mailbox.hpp>
#include <parlance/io/mutex.hpp>
#include <parlance/io/process.hpp>
#include <parlance/io/scope.hpp>
#include <parlance/io/semaphore.hpp>
#include <parlance/io/signals.hpp>
#include <parlance/io/sim.hpp>
#include <parlance/io/task.hpp>
#include <parlance/io/time.hpp>
#include <parlance/io/version.hpp>
#include <parlance/io/wait.hpp>
#include <parlance/io/waits.hpp>
