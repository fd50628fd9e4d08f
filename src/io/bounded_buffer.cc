#include "tonearm/io/bounded_buffer.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tonearm::io {

BlockPool::Block BlockPool::take() {
  if (idle_.empty()) return Block(new std::byte[block_size]);
  Block block = std::move(idle_.back());
  idle_.pop_back();
  return block;
}

void BlockPool::give_back(Block block) {
  if (idle_.size() < most_idle_) idle_.push_back(std::move(block));
}

std::span<std::byte> BoundedBuffer::room() {
  const std::size_t end = begin_ + size_;
  if (end == blocks_.size() * BlockPool::block_size) blocks_.push_back(pool_.take());
  const std::size_t offset = end % BlockPool::block_size;
  return {blocks_.back().get() + offset, std::min(free(), BlockPool::block_size - offset)};
}

void BoundedBuffer::extend(std::size_t count) {
  size_ += count;
  if (count == 0) consume(0);  // a block that holds nothing goes back
}

std::span<const std::byte> BoundedBuffer::front() const {
  if (size_ == 0) return {};
  return {blocks_.front().get() + begin_, std::min(size_, BlockPool::block_size - begin_)};
}

void BoundedBuffer::consume(std::size_t count) {
  assert(count <= size_);
  begin_ += count;
  size_ -= count;
  while (!blocks_.empty() && (begin_ >= BlockPool::block_size || size_ == 0)) {
    pool_.give_back(std::move(blocks_.front()));
    blocks_.erase(blocks_.begin());
    begin_ = size_ == 0 ? 0 : begin_ - BlockPool::block_size;
  }
}

void BoundedBuffer::clear() { consume(size_); }

}  // namespace tonearm::io
