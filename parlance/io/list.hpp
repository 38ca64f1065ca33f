// An intrusive doubly linked list: joining, leaving and finding the first cost a few stores and never
// allocate, and an element that is destroyed leaves whatever list it is in.
#pragma once

namespace parlance::io {

/// What an element of a `list<T, Tag>` derives from. One for each list that it can be in at the same time.
template <class Tag> class link {
 public:
  link() noexcept = default;
  link(const link&) = delete;
  link& operator=(const link&) = delete;
  ~link() { unlink(); }

  bool linked() const noexcept { return next_ != this; }

  void unlink() noexcept {
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = this;
  }

 private:
  template <class T, class U> friend class list;

  void insert_before(link& position) noexcept {
    prev_ = position.prev_;
    next_ = &position;
    prev_->next_ = this;
    position.prev_ = this;
  }

  link* prev_ = this;
  link* next_ = this;
};

/// The list. It owns nothing: elements outlive their stay in it by contract of their own destructor.
template <class T, class Tag> class list {
 public:
  bool empty() const noexcept { return !head_.linked(); }
  T& front() noexcept { return *static_cast<T*>(head_.next_); }

  /// `element` must not be in a list of this tag.
  void push_back(T& element) noexcept { static_cast<link<Tag>&>(element).insert_before(head_); }

  T& pop_front() noexcept {
    T& first = front();
    static_cast<link<Tag>&>(first).unlink();
    return first;
  }

  /// Moves every element of `other` to the end of this list, in order.
  void splice(list& other) noexcept {
    if (other.empty()) return;
    link<Tag>*first = other.head_.next_, *last = other.head_.prev_;
    other.head_.prev_ = other.head_.next_ = &other.head_;
    first->prev_ = head_.prev_;
    head_.prev_->next_ = first;
    last->next_ = &head_;
    head_.prev_ = last;
  }

  /// Calls `f` with each element. `f` may unlink the element it is given, and no other.
  template <class F> void for_each(F&& f) {
    for (link<Tag>* at = head_.next_; at != &head_;) {
      link<Tag>* next = at->next_;
      f(*static_cast<T*>(at));
      at = next;
    }
  }
  template <class F> void for_each(F&& f) const {
    for (const link<Tag>* at = head_.next_; at != &head_; at = at->next_) f(*static_cast<const T*>(at));
  }

 private:
  link<Tag> head_;
};

}  // namespace parlance::io
