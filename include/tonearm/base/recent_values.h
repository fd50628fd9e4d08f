#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace tonearm {

/// Values by name, at most so many: the one that was asked for least recently makes room. One
/// thread at a time.
template <typename Value>
class RecentValues {
 public:
  explicit RecentValues(std::size_t most) : most_(most) {}

  /// Null: not there. Valid until the next remember().
  const Value* find(std::string_view name) {
    const auto found = places_.find(name);
    if (found == places_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return &found->second->second;
  }

  /// A name that is not there. One of more than 2 KiB is forgotten at once: strangers make names,
  /// and those that count are shorter. When it throws, nothing has changed but what made room.
  void remember(std::string_view name, Value value) {
    if (name.size() > 2048) return;
    if (places_.size() >= most_) {
      places_.erase(order_.back().first);
      order_.pop_back();
    }
    Order fresh;
    fresh.emplace_front(name, std::move(value));
    places_.emplace(fresh.front().first, fresh.begin());
    order_.splice(order_.begin(), fresh);
  }

  std::size_t size() const { return places_.size(); }

 private:
  using Order = std::list<std::pair<const std::string, Value>>;

  std::size_t most_;  ///< At least one.
  Order order_;       ///< The most recent first.
  std::unordered_map<std::string_view, typename Order::iterator>
      places_;  ///< Names stand in order_.
};

}  // namespace tonearm
