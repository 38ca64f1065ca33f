#include <parlance/chat/base/version.hpp>
#include <parlance/io/version.hpp>

namespace parlance::chat {

const std::string_view version = "parlance-" PARLANCE_VERSION;

}  // namespace parlance::chat
