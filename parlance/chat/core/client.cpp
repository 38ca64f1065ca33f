#include <parlance/chat/core/client.hpp>
#include <parlance/chat/core/hub.hpp>
#include <parlance/io/loop.hpp>

namespace parlance::chat {

client::client(hub& of, connection& by, caller from)
    : heard(io::loop::current().now()),
      hub_(of),
      connection_(by),
      from_(std::move(from)),
      connected_(heard),
      number_(of.next_client()) {}

client::~client() {
  hub_.leave(*this);
  hub_.forget(*this);
}

void client::speaks_for(caller whom) {
  from_ = std::move(whom);
  connection_.comes_from(from_.network());
}

void client::begin_write() { hub_.turn().catch_up(*this); }

bool client::may_not_be_kept() const noexcept { return hub_.turn().has_said(); }

void client::capture(captured* into) {
  captured_ = into;
  hub_.turn().set_capturing(into ? this : nullptr);
}

void client::reshape(form to) { hub_.turn().reshape(*this, to); }

}  // namespace parlance::chat
