#include "support/scripted_origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <string_view>

namespace tonearm::test {
namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc{}) return std::nullopt;
  return value;
}

OriginAsked read_head(std::string head) {
  OriginAsked asked;
  const auto start = head.find(' ') + 1;
  asked.target = head.substr(start, head.find(' ', start) - start);
  asked.head = std::move(head);
  const std::string range = asked.field("Range");
  const auto dash = range.find('-');
  if (range.starts_with("bytes=") && dash != std::string::npos) {
    asked.first = number(std::string_view(range).substr(6));
    asked.last = number(std::string_view(range).substr(dash + 1));
  }
  return asked;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

}  // namespace

std::string OriginAsked::range() const {
  if (!first) return {};
  return std::to_string(*first) + "-" + (last ? std::to_string(*last) : "");
}

std::string OriginAsked::field(const std::string& name) const {
  const auto at = head.find("\r\n" + name + ": ");
  if (at == std::string::npos) return {};
  const auto start = at + name.size() + 4;
  return head.substr(start, head.find("\r\n", start) - start);
}

ScriptedOrigin::ScriptedOrigin(Script script) : script_(std::move(script)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("the scripted origin cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

ScriptedOrigin::~ScriptedOrigin() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  for (auto& thread : threads_) thread.join();
  ::close(listener_);
}

std::string ScriptedOrigin::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

std::vector<OriginAsked> ScriptedOrigin::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void ScriptedOrigin::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const std::lock_guard lock(mutex_);
    ++accepted_;
    ++open_;
    sockets_.push_back(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void ScriptedOrigin::serve(int socket) {
  std::string received;
  char piece[4096];
  for (bool open = true; open;) {
    auto end = received.find("\r\n\r\n");
    if (end == std::string::npos) {
      const ssize_t count = ::recv(socket, piece, sizeof piece, 0);
      if (count <= 0) break;
      received.append(piece, static_cast<std::size_t>(count));
      continue;
    }
    const OriginAsked asked = read_head(received.substr(0, end + 2));
    received.erase(0, end + 4);
    {
      const std::lock_guard lock(mutex_);
      asked_.push_back(asked);
    }
    const OriginAnswer answer = script_(asked);
    send_all(socket, answer.bytes);
    if (answer.strays) send_all(socket, answer.strays());
    switch (answer.then) {
      case OriginAnswer::Then::keep:
        break;
      case OriginAnswer::Then::close:
        open = false;
        break;
      case OriginAnswer::Then::reset: {
        const linger at_once{1, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
        open = false;
        break;
      }
      case OriginAnswer::Then::hang:
        while (::recv(socket, piece, sizeof piece, 0) > 0) {
        }
        open = false;
        break;
    }
  }
  const std::lock_guard lock(mutex_);
  sockets_.erase(std::find(sockets_.begin(), sockets_.end(), socket));
  ::close(socket);
  --open_;
}

OriginAnswer honest_answer(const OriginAsked& asked, const std::string& content,
                           const std::string& fields) {
  const std::string total = std::to_string(content.size());
  OriginAnswer answer;
  if (!asked.first) {
    answer.bytes =
        "HTTP/1.1 200 OK\r\nContent-Length: " + total + "\r\n" + fields + "\r\n" + content;
    return answer;
  }
  const std::uint64_t first = *asked.first;
  if (first >= content.size()) {
    answer.bytes =
        "HTTP/1.1 416 No\r\nContent-Range: bytes */" + total + "\r\nContent-Length: 0\r\n\r\n";
    return answer;
  }
  const std::uint64_t last =
      std::min<std::uint64_t>(asked.last.value_or(content.size()), content.size() - 1);
  answer.bytes = "HTTP/1.1 206 Partial\r\nContent-Range: bytes " + std::to_string(first) + "-" +
                 std::to_string(last) + "/" + total +
                 "\r\nContent-Length: " + std::to_string(last - first + 1) + "\r\n" + fields +
                 "\r\n" + content.substr(first, last - first + 1);
  return answer;
}

}  // namespace tonearm::test
