#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace tonearm::test {

/// What an origin was asked, as far as the tests look.
struct OriginAsked {
  std::string target;
  std::string head;  ///< The whole request head.
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;

  /// "first-last" or "" without Range.
  std::string range() const;
  std::string field(const std::string& name) const;
};

/// What it answers: bytes as they go over the wire, and what happens behind them.
struct OriginAnswer {
  enum class Then { keep, close, reset, hang };
  std::string bytes;
  Then then = Then::keep;
  std::function<std::string()> strays = nullptr;  ///< What goes over the wire later, unasked.
};

/// An HTTP origin that does what a test tells it, on 127.0.0.1 and threads of its own.
class ScriptedOrigin {
 public:
  using Script = std::function<OriginAnswer(const OriginAsked&)>;

  explicit ScriptedOrigin(Script script);
  ~ScriptedOrigin();
  ScriptedOrigin(const ScriptedOrigin&) = delete;
  ScriptedOrigin& operator=(const ScriptedOrigin&) = delete;

  /// `http://127.0.0.1:PORT`.
  std::string url() const;
  std::uint16_t port() const { return port_; }
  /// Everything that was asked so far.
  std::vector<OriginAsked> asked() const;
  /// Connections accepted, and how many of them are open.
  int accepted() const { return accepted_; }
  int open() const { return open_; }

 private:
  void accept_all();
  void serve(int socket);

  Script script_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::vector<OriginAsked> asked_;
  std::vector<int> sockets_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
  std::atomic<int> accepted_ = 0;
  std::atomic<int> open_ = 0;
};

/// The answer of a well-behaved origin that knows `content` and sends `fields` (each with its
/// CRLF).
OriginAnswer honest_answer(const OriginAsked& asked, const std::string& content,
                           const std::string& fields);

}  // namespace tonearm::test
