#include "tonearm/source/resolvers.h"

#include "source/resolver.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace tonearm::source {

/// Commands are started from one thread that lives as long as they may: the kernel kills them when
/// it ends, also with the whole process.
class Resolvers::Thread {
 public:
  Thread() = default;
  ~Thread() { stop(); }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  void start() {
    const std::lock_guard lock(mutex_);
    if (!thread_.joinable()) thread_ = std::thread([this] { loop_.run(); });
  }

  std::shared_ptr<Resolver> get(const std::string& name, const ResolverOptions& options) {
    start();
    const std::lock_guard lock(mutex_);
    std::erase_if(known_, [](const auto& one) { return one.second.expired(); });
    const auto [first, last] = known_.equal_range(name);
    for (auto one = first; one != last; ++one) {
      auto resolver = one->second.lock();
      if (resolver && resolver->options() == options) return resolver;
    }
    const auto made = std::make_shared<Resolver>(loop_.get_executor(), options);
    known_.emplace(name, made);
    return made;
  }

  void stop() {
    if (!thread_.joinable()) return;
    io::asio::post(loop_, [this] {
      for (const auto& one : resolvers()) one->stop();
      work_.reset();
    });
    thread_.join();
  }

 private:
  std::vector<std::shared_ptr<Resolver>> resolvers() {
    const std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Resolver>> out;
    for (const auto& [name, one] : known_) {
      if (auto resolver = one.lock()) out.push_back(std::move(resolver));
    }
    return out;
  }

  std::mutex mutex_;
  /// By name. Those of former configurations too, which streams may still use.
  std::multimap<std::string, std::weak_ptr<Resolver>> known_;
  io::asio::io_context loop_{1};
  io::asio::executor_work_guard<io::Executor> work_{loop_.get_executor()};
  std::thread thread_;
};

Resolvers::Resolvers() : thread_(std::make_unique<Thread>()) {}

Resolvers::~Resolvers() = default;

void Resolvers::start() { thread_->start(); }

std::shared_ptr<Resolver> Resolvers::get(const std::string& name, const ResolverOptions& options) {
  return thread_->get(name, options);
}

void Resolvers::stop() { thread_->stop(); }

}  // namespace tonearm::source
