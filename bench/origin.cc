// The arena's origin: any number of songs, whose bytes follow from their number and the offset
// (content.h), with ranges, an ETag and keep-alive; a thread for each connection.
//
//   bench_origin PORT
//
//   GET /LENGTH/MS/N    song N of LENGTH bytes, MS milliseconds after it was asked for
//   GET /sent           bytes, requests and connections since the last time, as JSON

#include "content.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

const tonearm::bench::Content content;
std::atomic<std::uint64_t> sent_bytes = 0;
std::atomic<std::uint64_t> requests = 0;
std::atomic<std::uint64_t> connections = 0;

struct Asked {
  std::uint64_t length = 0;
  std::uint64_t song = 0;
  std::chrono::milliseconds delay{0};
  std::optional<std::uint64_t> first;
  std::optional<std::uint64_t> last;
  bool head = false;
};

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// What stands between `begin` and `end`; empty where there is no `begin`.
std::string_view between(std::string_view text, std::string_view begin, std::string_view end) {
  const std::size_t from = text.find(begin);
  if (from == std::string_view::npos) return {};
  text.remove_prefix(from + begin.size());
  return text.substr(0, text.find(end));
}

/// The peers of the arena send well-formed heads; nothing else is understood.
Asked read_head(std::string_view head) {
  Asked asked;
  asked.head = head.starts_with("HEAD");
  const std::string_view path = between(head, " /", " ");
  const std::size_t second = path.find('/') + 1;
  const std::size_t third = path.find('/', second) + 1;
  asked.length = number(path);
  asked.delay = std::chrono::milliseconds(number(path.substr(second)));
  asked.song = number(path.substr(third));
  const std::string_view range = between(head, "ange: bytes=", "\r\n");
  if (!range.empty()) {
    asked.first = number(range);
    const std::string_view last = range.substr(range.find('-') + 1);
    if (!last.empty()) asked.last = number(last);
  }
  return asked;
}

/// `counted` grows by what the kernel took, also when the other side goes.
bool send_all(int socket, std::string_view bytes, std::atomic<std::uint64_t>* counted = nullptr) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    if (counted != nullptr) *counted += static_cast<std::uint64_t>(count);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool send_song(int socket, const Asked& asked, std::vector<char>& buffer) {
  const std::uint64_t length = asked.length;
  std::uint64_t position = asked.first.value_or(0);
  const std::uint64_t end = asked.last ? std::min(*asked.last + 1, length) : length;
  std::string head = asked.first ? "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " +
                                       std::to_string(position) + "-" + std::to_string(end - 1) +
                                       "/" + std::to_string(length) + "\r\n"
                                 : "HTTP/1.1 200 OK\r\n";
  head +=
      "Content-Length: " + std::to_string(end - position) +
      "\r\nContent-Type: audio/mpeg\r\nAccept-Ranges: bytes\r\nETag: \"" +
      std::to_string(asked.song) +
      "\"\r\nLast-Modified: Tue, 01 Sep 2026 10:00:00 GMT\r\nCache-Control: max-age=3600\r\n\r\n";
  std::this_thread::sleep_for(asked.delay);
  if (!send_all(socket, head)) return false;
  if (asked.head) return true;
  while (position < end) {
    const std::size_t count = std::min<std::uint64_t>(buffer.size(), end - position);
    content.write({buffer.data(), count}, asked.song, position);
    if (!send_all(socket, {buffer.data(), count}, &sent_bytes)) return false;
    position += count;
  }
  return true;
}

bool send_counts(int socket) {
  const std::string body = "{\"bytes\": " + std::to_string(sent_bytes.exchange(0)) +
                           ", \"requests\": " + std::to_string(requests.exchange(0)) +
                           ", \"connections\": " + std::to_string(connections.exchange(0)) + "}";
  return send_all(socket, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body);
}

void serve(int socket) {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::vector<char> buffer(64 * 1024);
  std::string received;
  bool counted = false;
  for (;;) {
    std::size_t end = received.find("\r\n\r\n");
    while (end == std::string::npos) {
      char some[4096];
      const ssize_t count = ::recv(socket, some, sizeof some, 0);
      if (count <= 0) {
        ::close(socket);
        return;
      }
      received.append(some, static_cast<std::size_t>(count));
      end = received.find("\r\n\r\n");
    }
    const std::string head = received.substr(0, end + 4);
    received.erase(0, end + 4);
    bool alive = false;
    if (head.starts_with("GET /sent ")) {
      alive = send_counts(socket);
    } else {
      if (!counted) ++connections;
      counted = true;
      ++requests;
      alive = send_song(socket, read_head(head), buffer);
    }
    if (!alive || head.find("HTTP/1.0\r\n") != std::string::npos ||
        head.find("onnection: close") != std::string::npos) {
      ::close(socket);
      return;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_origin PORT\n");
    return 2;
  }
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(number(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 4096) != 0) {
    std::perror("bench_origin");
    return 1;
  }
  for (;;) {
    const int socket = ::accept(listener, nullptr, nullptr);
    if (socket >= 0) std::thread(serve, socket).detach();
  }
}
