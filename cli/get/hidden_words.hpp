// What everybody on this machine can read of a command line (ps), without what is secret.
#pragma once

namespace parlance::cli {

/// Blanks logins of `get` and its kin where the kernel shows them: behind -u and the like, in URLs, and in fields whose
/// names say that they are secret. For a moment they were there all the same. `argv` must have been read before.
void hide_secret_words(int argc, char** argv);

}  // namespace parlance::cli
