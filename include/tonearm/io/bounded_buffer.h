#pragma once

#include <boost/container/small_vector.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace tonearm::io {

/// Free blocks of one loop, so that a stream's bytes cost no allocation. Not thread-safe; outlives
/// the buffers that draw from it.
class BlockPool {
 public:
  static constexpr std::size_t block_size = 256 * 1024;
  using Block = std::unique_ptr<std::byte[]>;

  /// Keeps at most `most_idle` blocks for later; the others go back to the allocator.
  explicit BlockPool(std::size_t most_idle) : most_idle_(most_idle) {}

  Block take();
  void give_back(Block block);

 private:
  std::size_t most_idle_;
  std::vector<Block> idle_;
};

/// The bounded buffer between an origin and a client: bytes in order, in blocks that are given back
/// as soon as they are read. Holds no block while it is empty.
class BoundedBuffer {
 public:
  BoundedBuffer(BlockPool& pool, std::size_t capacity) : pool_(pool), capacity_(capacity) {}
  ~BoundedBuffer() { clear(); }
  BoundedBuffer(const BoundedBuffer&) = delete;
  BoundedBuffer& operator=(const BoundedBuffer&) = delete;

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t free() const { return size_ < capacity_ ? capacity_ - size_ : 0; }

  /// Where the next bytes go, as far as free() and the block allow; the caller has seen that it is
  /// not 0. Valid until the next call, which is extend().
  std::span<std::byte> room();
  /// So many bytes were written there; may be 0.
  void extend(std::size_t count);
  /// The first bytes that lie together; valid until consume(). Empty when the buffer is.
  std::span<const std::byte> front() const;
  /// Drops `count` bytes, at most size().
  void consume(std::size_t count);
  void clear();

 private:
  BlockPool& pool_;
  std::size_t capacity_;
  boost::container::small_vector<BlockPool::Block, 5> blocks_;
  std::size_t begin_ = 0;  ///< Offset of the first byte in the first block.
  std::size_t size_ = 0;
};

}  // namespace tonearm::io
