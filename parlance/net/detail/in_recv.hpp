// For transports: that one recv is under way.
#pragma once

namespace parlance::net {

/// Raises a flag for as long as it lives.
class in_recv {
 public:
  explicit in_recv(bool& flag) noexcept : flag_(flag) { flag_ = true; }
  ~in_recv() { flag_ = false; }
  in_recv(const in_recv&) = delete;
  in_recv& operator=(const in_recv&) = delete;

 private:
  bool& flag_;
};

}  // namespace parlance::net
